// WorkOS Audit Logs: a copy of each entry of the trail for whoever watches over an organization.
//
// Digests, pseudonyms and names of tools leave, never arguments. The trail is what counts: a copy arrives at
// least once, in any order, and WorkOS knows one that comes again by its Idempotency-Key.
#pragma once

#include <string_view>

#include "authority/audit.h"
#include "core/config.h"
#include "core/outbox.h"

/// A copy that has not arrived by then never will. WorkOS forgets keys after a day, so what took longer than
/// that may be there twice.
inline constexpr core::Duration kAuditLogLifetime = core::days(3);

/// The request that copies an entry (its text in the chain) to `config.workos_organization_id`. The API key
/// is not in it: no secret lies in the outbox.
core::OutgoingPost audit_log_request(const core::Config& config, std::string_view entry,
                                     const authority::Link& link);

/// Adds the API key where the request is for WorkOS.
void authorize_for_workos(core::Fetch& request, const core::Config& config);

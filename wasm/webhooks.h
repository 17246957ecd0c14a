// What WorkOS tells by webhook: that a person is gone, or that they signed out of AuthKit everywhere.
//
// A request is believed by its signature alone (`WorkOS-Signature: t=<milliseconds>, v1=<hexadecimal
// HMAC-SHA256 of "t.body">`), within three minutes of its time. The Worker checks it and asks the object of
// the person whom it is about; the answer is 200 once that has committed, else WorkOS tries again. Each event
// counts once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/step.h"

inline constexpr uint32_t kMaxWebhookBytes = 256 * 1024;
/// WorkOS's default, in both directions.
inline constexpr core::Duration kWebhookTolerance = core::minutes(3);
/// How long an event's id is remembered.
inline constexpr core::Duration kEventMemory = core::days(7);

enum class Signature { good, malformed, wrong, out_of_time };
Signature check_signature(core::Crypto& crypto, std::string_view secret, std::string_view header,
                          std::string_view body, core::Instant now);

/// An event that means something here.
struct IdentityEvent {
  enum class Kind { user_deleted, session_revoked };
  Kind kind;
  std::string id;
  /// WorkOS's id of the person.
  std::string user;
  /// With session_revoked: AuthKit's id of the session (`sid`).
  std::string session;
};
/// Nothing where it means nothing here, or lacks what it should have.
std::optional<IdentityEvent> read_event(std::string_view body);

/// The call on the person's object, and what it says there.
std::string event_call(const IdentityEvent& event);
std::optional<IdentityEvent> event_of_call(core::JsonView call);

/// Creates what is needed to know an event again. Safe to repeat.
void create_webhook_events_schema(core::Storage& storage);
/// Whether an event is told for the first time; remembers it.
enum class Told { first, again };
Told note_event(core::Storage& storage, std::string_view id, core::Instant now);

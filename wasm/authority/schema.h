// The tables of the authority in a principal's storage.
#pragma once

#include "core/storage.h"

namespace authority {

/// Brings the tables from `version` (0: none, or those of before there were versions) to the newest one,
/// which it returns.
int64_t migrate(core::Storage& storage, int64_t version);

}  // namespace authority

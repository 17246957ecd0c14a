// What random histories hit too seldom, or cannot see: the very millisecond at which something begins to
// count or stops, what is forgotten, and what is only shown.
#pragma once

namespace model {

/// Throws a `Mismatch` that says what is not so.
void check_edges();

}  // namespace model

// What is due in a table. Its earliest moment is known until the table is written, so that a sweep that finds
// nothing asks nothing.
#pragma once

#include <optional>

#include "core/step.h"
#include "core/storage.h"

namespace core {

/// The earliest moment that `least` finds: the `min` of a column in milliseconds since 1970. Nothing where
/// there is none.
std::optional<Instant> earliest(Storage& storage, Lookup least);

/// Whether that moment has come. For one that lies ahead the step's alarm is set.
bool is_due(Context& step, Lookup least);

/// Sets the step's alarm for that moment, whenever it is.
void wake_for(Context& step, Lookup least);

}  // namespace core

// Forms for the human (client/elicitation, "Form Mode"), made of the same declarations as a tool's arguments.
//
// The protocol narrows a form's schema to a flat object without patterns, so what a form lets through is not
// yet what the argument must be: `form_problems` says the rest, to the human.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "mcp/arguments.h"
#include "mcp/revision.h"

namespace mcp {

/// The schema of a form with a field for each parameter, all of them to be filled in. For texts and choices.
std::string form_schema(Parameters fields);

/// What is wrong with a form that follows `form_schema`, a line for each field; nothing where all is well.
std::optional<std::string> form_problems(Parameters fields, core::JsonView content);

/// A form's schema as a revision writes it: before 2025-11-25 the titles of choices are `enumNames`.
std::string form_schema_in(std::string_view schema, Revision revision);

}  // namespace mcp

// What a request brings: its body, and its key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/http.h"
#include "todo_api/answers.h"

namespace todo_api {

/// A body is no longer: 500 characters fit, however they are written.
inline constexpr uint32_t kMaxBodyBytes = 16 * 1024;
/// An Idempotency-Key is no longer.
inline constexpr size_t kMaxKeyLength = 128;

using Flaws = std::vector<Flaw>;

/// `{"todoText": string}`: the text without the blanks around it.
std::variant<std::string, Flaws> read_text(std::string_view body);
/// `{"completed": boolean}`.
std::variant<bool, Flaws> read_completed(std::string_view body);

/// True of `application/json`, whatever its parameters: JSON is UTF-8 (RFC 8259 section 8.1).
bool is_json(const core::Request& request);

/// The key of the header (draft-ietf-httpapi-idempotency-key-header): a string of RFC 8941, or its characters
/// without quotes, which many send. Empty where there is no such header; nothing where it is no key.
std::optional<std::string> idempotency_key(const core::Request& request);

}  // namespace todo_api

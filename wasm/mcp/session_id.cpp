#include "mcp/session_id.h"

#include "core/wire.h"

namespace mcp {

namespace {

/// Of both, the random bytes and the MAC.
constexpr size_t kUnguessable = 16;

std::string mac(std::string_view facts, std::string_view key, core::Crypto& crypto) {
  return crypto.hmac_sha256(key, facts).substr(0, kUnguessable);
}

}  // namespace

std::string make_session_id(const SessionFacts& facts, std::string_view key, core::Context& step) {
  core::WireWriter id;
  id.u8(static_cast<uint8_t>(facts.revision));
  id.u8(static_cast<uint8_t>(facts.features.bits()));
  id.i64(facts.begun.milliseconds);
  id.append(step.entropy.bytes(kUnguessable));
  id.append(mac(id.str(), key, step.crypto));
  return core::base64url(id.str());
}

std::optional<SessionFacts> read_session_id(std::string_view id, std::string_view key, core::Crypto& crypto) {
  const std::optional<std::string> bytes = core::base64url_decode(id);
  if (!bytes || bytes->size() <= kUnguessable) return std::nullopt;
  const size_t end = bytes->size() - kUnguessable;
  const std::string_view said = std::string_view(*bytes).substr(0, end);
  if (!core::equal_in_constant_time(mac(said, key, crypto), std::string_view(*bytes).substr(end)))
    return std::nullopt;
  core::WireReader facts(said);
  const uint8_t revision = facts.u8();
  const uint8_t features = facts.u8();
  const core::Instant begun{facts.i64()};
  // What another version of this server has given may say something else.
  if (facts.rest().size() != kUnguessable || revision > static_cast<uint8_t>(kNewestLegacy))
    return std::nullopt;
  return SessionFacts{static_cast<Revision>(revision), ClientFeatures::from_bits(features), begun};
}

}  // namespace mcp

#include "identity/token_exchange.h"

#include <algorithm>

#include "identity/answer.h"

namespace identity {

namespace {

constexpr std::string_view kGrantType = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessToken = "urn:ietf:params:oauth:token-type:access_token";
constexpr std::string_view kEndpointSetting = "token_endpoint";

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text += (text.empty() ? "" : "&") + std::string(name) + '=' + core::percent_encode(value);
  }
  return text;
}

/// What is wrong with a token that should be for this purpose; empty where nothing is.
std::string_view flaw(const core::Config& config, const Exchange& exchange, core::JsonView claims) {
  const auto text = [&](std::string_view name) { return core::string_member(claims, name).value_or(""); };
  if (text("iss") != config.issuer) return "another issuer's";
  if (text("sub") != exchange.subject) return "another person's";
  std::vector<std::string> audience = core::string_list(core::member(claims, "aud"));
  if (audience.empty()) audience.emplace_back(text("aud"));
  if (audience != std::vector<std::string>{config.api_url}) return "for another audience";
  const auto act = core::member(claims, "act");
  if (!act || core::string_member(*act, "sub") != config.mcp_server_client_id) {
    return "without this server as its actor";
  }
  for (std::string_view scope : core::split(text("scope"), ' ')) {
    if (scope != exchange.scope) return "for more than was asked for";
  }
  return {};
}

void remember_lives(core::Storage& storage, std::string_view grant_id, const LiveTokens& lives) {
  storage.query(
      "INSERT INTO token_lives (grant_id, own, exchanged) VALUES (?, ?, ?) ON CONFLICT (grant_id) DO UPDATE"
      " SET own = max(own, excluded.own), exchanged = max(exchanged, excluded.exchanged)",
      {grant_id, lives.own.milliseconds, lives.exchanged.milliseconds});
}

}  // namespace

/// RFC 7617 with the alphabet and the padding of RFC 4648 section 4; both parts are form-encoded first (RFC
/// 6749 section 2.3.1).
std::string client_authentication(const core::Config& config) {
  std::string text = core::base64url(core::percent_encode(config.mcp_server_client_id) + ':' +
                                     core::percent_encode(config.mcp_server_client_secret));
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return "Basic " + text;
}

void create_token_exchange_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS subject_tokens (grant_id TEXT PRIMARY KEY, token TEXT NOT NULL,"
      " expires_at INTEGER NOT NULL) WITHOUT ROWID");
  storage.query(
      "CREATE TABLE IF NOT EXISTS exchanged_tokens (grant_id TEXT NOT NULL, scope TEXT NOT NULL,"
      " audience TEXT NOT NULL, token TEXT NOT NULL, expires_at INTEGER NOT NULL,"
      " PRIMARY KEY (grant_id, scope, audience)) WITHOUT ROWID");
  storage.query(
      "CREATE TABLE IF NOT EXISTS token_lives (grant_id TEXT PRIMARY KEY, own INTEGER NOT NULL,"
      " exchanged INTEGER NOT NULL) WITHOUT ROWID");
}

void keep_token_endpoint(core::Storage& storage, std::string_view url) {
  storage.query(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
      "excluded.value WHERE value <> excluded.value",
      {kEndpointSetting, url});
}

void keep_subject_token(core::Storage& storage, std::string_view grant_id, std::string_view token,
                        core::Instant expires_at) {
  storage.query(
      "INSERT INTO subject_tokens (grant_id, token, expires_at) VALUES (?, ?, ?) ON CONFLICT (grant_id)"
      " DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at",
      {grant_id, token, expires_at.milliseconds});
  remember_lives(storage, grant_id, {expires_at, {}});
}

std::optional<std::string> subject_token(core::Storage& storage, std::string_view grant_id,
                                         core::Instant now) {
  const core::Rows rows = storage.query(
      "SELECT token FROM subject_tokens WHERE grant_id = ? AND expires_at > ?", {grant_id, now.milliseconds});
  return rows.empty() ? std::nullopt : std::optional(std::string(rows.text(0, 0)));
}

void forget_tokens_of(core::Storage& storage, std::string_view grant_id) {
  storage.query("DELETE FROM subject_tokens WHERE grant_id = ?", {grant_id});
  storage.query("DELETE FROM exchanged_tokens WHERE grant_id = ?", {grant_id});
}

LiveTokens live_tokens(core::Storage& storage, std::string_view grant_id) {
  const core::Rows rows =
      storage.query("SELECT own, exchanged FROM token_lives WHERE grant_id = ?", {grant_id});
  if (rows.empty()) return {};
  return {core::Instant{rows.integer(0, 0)}, core::Instant{rows.integer(0, 1)}};
}

std::optional<std::string> exchanged_token(core::Context& step, const core::Config& config,
                                           const Exchange& exchange) {
  const core::Rows rows = step.storage->query(
      "SELECT token FROM exchanged_tokens WHERE grant_id = ? AND scope = ? AND audience = ? AND expires_at > "
      "?",
      {exchange.grant_id, exchange.scope, config.api_url, (step.now + kExchangeMargin).milliseconds});
  return rows.empty() ? std::nullopt : std::optional(std::string(rows.text(0, 0)));
}

std::optional<core::Fetch> exchange_request(core::Context& step, const core::Config& config,
                                            const Exchange& exchange) {
  const core::Rows endpoint =
      step.storage->query("SELECT value FROM settings WHERE name = ?", {kEndpointSetting});
  const std::optional<std::string> token = subject_token(*step.storage, exchange.grant_id, step.now);
  if (endpoint.empty() || !token) return std::nullopt;
  core::Fetch request{"POST", std::string(endpoint.text(0, 0)), {}, {}};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Accept", "application/json");
  request.headers.add("Authorization", client_authentication(config));
  request.body = form({{"grant_type", kGrantType},
                       {"subject_token", *token},
                       {"subject_token_type", kAccessToken},
                       {"requested_token_type", kAccessToken},
                       {"scope", exchange.scope},
                       {"resource", config.api_url}});
  return request;
}

std::optional<std::string> keep_exchanged(core::Context& step, const core::Config& config,
                                          const Exchange& exchange, const core::EffectResult& result) {
  if (!result.ok()) return "The issuer of your token did not answer. Try again later.";
  const Answer answer(result);
  if (result.code != 200) {
    const std::string code = answer.text("error");
    return "The issuer of your token did not exchange it (HTTP status " + std::to_string(result.code) +
           (code.empty() ? "" : ", " + core::json_quote(code)) + ")." +
           (result.code >= 500 ? " Try again later." : "");
  }
  const std::string token = answer.text("access_token");
  const std::optional<std::string> claims = claims_of(token);
  core::JsonGate gate;
  const core::JsonResult read = gate.parse(claims.value_or(""));
  if (!read.ok()) return "The issuer gave no token that can be checked, so it was not used.";
  if (const std::string_view wrong = flaw(config, exchange, read.root); !wrong.empty()) {
    return "The issuer gave a token that is " + std::string(wrong) + ", so it was not used.";
  }
  const std::optional<int64_t> expiry = core::integer_member(read.root, "exp");
  if (!expiry) return "The issuer gave a token that never ends, so it was not used.";
  const core::Instant until = core::at_second(*expiry);
  step.storage->query(
      "INSERT INTO exchanged_tokens (grant_id, scope, audience, token, expires_at) VALUES (?, ?, ?, ?, ?)"
      " ON CONFLICT (grant_id, scope, audience) DO UPDATE SET token = excluded.token, expires_at = "
      "excluded.expires_at",
      {exchange.grant_id, exchange.scope, config.api_url, token, until.milliseconds});
  remember_lives(*step.storage, exchange.grant_id, {{}, until});
  return std::nullopt;
}

void forget_exchanged(core::Storage& storage, const Exchange& exchange) {
  storage.query("DELETE FROM exchanged_tokens WHERE grant_id = ? AND scope = ?",
                {exchange.grant_id, exchange.scope});
}

std::optional<std::string> claims_of(std::string_view token) {
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return core::base64url_decode(token.substr(first + 1, second - first - 1));
}

}  // namespace identity

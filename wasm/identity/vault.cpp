#include "identity/vault.h"

#include <algorithm>

#include "authority/grants.h"
#include "identity/principal_id.h"

namespace identity {

namespace {

/// `grant:{user}:{grant}` or `token:{user}:{grant}:{token}`, and prefixes of these.
struct Key {
  std::string_view kind;
  std::string_view user_id;
  std::string_view grant_id;
  std::string_view token_id;
};

std::string_view take_part(std::string_view& rest) {
  const size_t end = std::min(rest.find(':'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

Key split_key(std::string_view text) {
  Key key;
  key.kind = take_part(text);
  key.user_id = take_part(text);
  key.grant_id = take_part(text);
  key.token_id = text;
  return key;
}

std::string error(std::string_view code, std::string_view description) {
  return core::json_text(core::Json{{"error", code}, {"description", description}});
}

std::string text(std::optional<core::JsonView> object, std::string_view name) {
  return object ? std::string(core::string_member(*object, name).value_or("")) : std::string();
}

/// The grant that the provider's record speaks of; what the human was told and who they are is in its
/// metadata, which the sign-in put there.
authority::Grant read_grant(core::JsonView record, std::string_view id, core::Instant now) {
  const std::optional<core::JsonView> metadata = core::member(record, "metadata");
  authority::Grant grant;
  grant.id = std::string(id);
  grant.client_id = text(record, "clientId");
  grant.client_name = text(metadata, "client_name");
  grant.client_host = text(metadata, "client_host");
  grant.client_known_by = text(metadata, "client_known_by");
  grant.terms.scopes = core::string_list(core::member(record, "scope"));
  grant.terms.requested_scopes =
      core::string_list(metadata ? core::member(*metadata, "requested_scopes") : std::nullopt);
  const auto bounds = metadata ? core::member(*metadata, "bounds") : std::nullopt;
  if (bounds) grant.terms.bounds = authority::stored_bounds(*bounds);
  grant.sentence = text(metadata, "sentence");
  grant.subject = text(metadata, "subject");
  grant.email = text(metadata, "email");
  grant.name = text(metadata, "name");
  grant.identity_session = text(metadata, "session");
  grant.permissions = core::string_list(metadata ? core::member(*metadata, "permissions") : std::nullopt);
  grant.created_at = now;
  return grant;
}

std::string get(core::Storage& storage, const Key& key, core::Instant now) {
  const bool token = key.kind == "token";
  const core::Rows rows = storage.query("SELECT record FROM oauth_records WHERE id = ? AND expires_at > ?",
                                        {token ? key.token_id : key.grant_id, now.milliseconds});
  if (rows.empty()) return R"({"value":null})";
  return "{\"value\":" + core::json_quote(rows.text(0, 0)) + "}";
}

constexpr int64_t kNever = 9'007'199'254'740'991;  // the largest integer that crosses exactly

int64_t expiry(core::JsonView call, core::Instant now) {
  if (const auto at = core::integer_member(call, "expires_at")) return core::at_second(*at).milliseconds;
  if (const auto in = core::integer_member(call, "expires_in"))
    return (now + core::seconds(std::clamp<int64_t>(*in, 0, core::kLastSecond))).milliseconds;
  return kNever;
}

/// The hash of the refresh token that a grant record holds, in the provider's own form (hexadecimal SHA-256).
std::string refresh_token_id(core::JsonView record) {
  return text(record, "refreshTokenId");
}

/// A code that nobody redeemed and a refresh token that ran out leave a grant that no token can use any more.
std::vector<std::string> expired_grants(core::Storage& storage, core::Instant now) {
  const core::Rows rows = storage.query(
      "SELECT id FROM oauth_records WHERE kind = 'grant' AND expires_at <= ?", {now.milliseconds});
  std::vector<std::string> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.emplace_back(rows.text(i, 0));
  return ids;
}

bool has_ended(const authority::Grant& grant) {
  return authority::has_ended(grant.terms.state);
}

VaultAnswer put(core::JsonView call, const Key& key, std::string_view principal, core::Context& step) {
  core::Storage& storage = *step.storage;
  const std::optional<std::string_view> value = core::string_member(call, "value");
  if (!value) return {error("invalid_request", "a put needs a value"), {}};
  const std::string record_text(*value);  // the gate below reuses the memory behind the view
  const std::optional<core::JsonView> metadata_view = core::member(call, "metadata");
  const std::string metadata = metadata_view ? core::json_text(*metadata_view) : std::string();
  const int64_t expires_at = expiry(call, step.now);

  if (key.kind == "token") {
    const std::optional<authority::Grant> grant = authority::find_grant(storage, key.grant_id);
    if (!grant || has_ended(*grant)) return {error("invalid_grant", "The grant has ended"), {}};
    storage.query("DELETE FROM oauth_records WHERE expires_at <= ? AND kind = 'token'",
                  {step.now.milliseconds});
    storage.query(
        "INSERT INTO oauth_records (id, kind, grant_id, record, metadata, expires_at) VALUES (?, 'token', ?, "
        "?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET record = excluded.record, expires_at = excluded.expires_at",
        {key.token_id, key.grant_id, record_text, metadata, expires_at});
    return {"{}", {}};
  }

  core::JsonGate gate;
  const core::JsonResult record = gate.parse(record_text);
  if (!record.ok()) return {error("server_error", "The grant record is not valid JSON"), {}};
  const std::optional<authority::Grant> known = authority::find_grant(storage, key.grant_id);
  if (known && has_ended(*known)) return {error("invalid_grant", "The grant has ended"), {}};
  VaultAnswer answer{"{}", {}, {}};
  if (!known) {
    answer.expired = expired_grants(storage, step.now);
    authority::Grant grant = read_grant(record.root, key.grant_id, step.now);
    grant.principal = std::string(principal);
    authority::add_grant(storage, grant);
    answer.begun = grant.id;
  } else {
    // A refresh token that is replaced by this write is remembered, so that its replay can be told from
    // nonsense.
    const core::Rows rows = storage.query("SELECT record FROM oauth_records WHERE id = ?", {key.grant_id});
    core::JsonGate old_gate;
    const core::JsonResult old =
        rows.empty() ? core::JsonResult{core::JsonFault::empty, {}} : old_gate.parse(rows.text(0, 0));
    const std::string replaced = old.ok() ? refresh_token_id(old.root) : std::string();
    if (!replaced.empty() && replaced != refresh_token_id(record.root)) {
      storage.query(
          "INSERT INTO replaced_refresh_tokens (id, grant_id, replaced_at) VALUES (?, ?, ?) ON CONFLICT DO "
          "NOTHING",
          {replaced, key.grant_id, step.now.milliseconds});
    }
  }
  storage.query(
      "INSERT INTO oauth_records (id, kind, grant_id, record, metadata, expires_at) VALUES (?, 'grant', ?, "
      "?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET record = excluded.record, metadata = excluded.metadata, "
      "expires_at = excluded.expires_at",
      {key.grant_id, key.grant_id, record_text, metadata, expires_at});
  return answer;
}

/// All keys at once: a principal has few grants, and a grant few tokens that have not expired.
std::string list(core::Storage& storage, const Key& prefix, core::Instant now) {
  const bool tokens = prefix.kind == "token";
  const core::Rows rows =
      tokens
          ? storage.query(
                "SELECT id, metadata, grant_id FROM oauth_records WHERE kind = 'token' AND grant_id = ? AND "
                "expires_at > ? ORDER BY id",
                {prefix.grant_id, now.milliseconds})
          : storage.query(
                "SELECT id, metadata, grant_id FROM oauth_records WHERE kind = 'grant' AND expires_at > ? "
                "ORDER BY id",
                {now.milliseconds});
  std::string keys;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string name = std::string(prefix.kind) + ":" + std::string(prefix.user_id) + ":";
    if (tokens) name += std::string(prefix.grant_id) + ":";
    name += rows.text(i, 0);
    if (!keys.empty()) keys += ',';
    keys += "{\"name\":" + core::json_quote(name);
    // Metadata is JSON that this store wrote itself.
    if (!rows.text(i, 1).empty()) keys.append(",\"metadata\":").append(rows.text(i, 1));
    keys += '}';
  }
  return "{\"keys\":[" + keys + "],\"complete\":true}";
}

}  // namespace

void create_vault_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS oauth_records (id TEXT PRIMARY KEY, kind TEXT NOT NULL, grant_id TEXT NOT "
      "NULL, "
      "record TEXT NOT NULL, metadata TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID");
  storage.query(
      "CREATE TABLE IF NOT EXISTS replaced_refresh_tokens (id TEXT PRIMARY KEY, grant_id TEXT NOT NULL, "
      "replaced_at INTEGER NOT NULL) WITHOUT ROWID");
}

VaultAnswer vault(core::JsonView call, const Keys& keys, std::string_view principal, core::Context& step) {
  const std::string_view operation = core::string_member(call, "operation").value_or("");
  const bool listing = operation == "list";
  const std::string key_text(core::string_member(call, listing ? "prefix" : "key").value_or(""));
  const Key key = split_key(key_text);
  const std::optional<std::string> owner = verified_name(keys, key.user_id);
  const bool grant = key.kind == "grant" && key.token_id.empty() && (listing || !key.grant_id.empty());
  const bool token = key.kind == "token" && !key.grant_id.empty() && (listing || !key.token_id.empty());
  if (!owner || *owner != principal || !(grant || token)) {
    return {error("invalid_grant", "The key belongs to nobody here"), {}};
  }
  if (operation == "get") return {get(*step.storage, key, step.now), {}};
  if (operation == "put") return put(call, key, principal, step);
  if (operation == "delete") return {"{}", {}, {}, std::string(key.grant_id)};
  if (listing) return {list(*step.storage, key, step.now), {}};
  return {error("server_error", "unknown operation"), {}};
}

void forget_tokens(core::Storage& storage, std::string_view grant_id) {
  storage.query("DELETE FROM oauth_records WHERE grant_id = ?", {grant_id});
  storage.query("DELETE FROM replaced_refresh_tokens WHERE grant_id = ?", {grant_id});
}

RefreshToken examine_refresh_token(core::Storage& storage, core::Crypto& crypto, std::string_view token,
                                   core::Instant now) {
  const core::Rows rows = storage.query("SELECT replaced_at FROM replaced_refresh_tokens WHERE id = ?",
                                        {core::hex(crypto.sha256(token))});
  if (rows.empty()) return RefreshToken::unknown_or_current;
  return now - core::Instant{rows.integer(0, 0)} <= kRefreshGrace ? RefreshToken::replaced_just_now
                                                                  : RefreshToken::replaced;
}

}  // namespace identity

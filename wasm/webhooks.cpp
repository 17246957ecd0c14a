#include "webhooks.h"

#include <charconv>

namespace {

struct Part {
  std::string_view time, digest;
};

/// The first value of each name.
Part parts_of(std::string_view header) {
  Part part;
  for (std::string_view field : core::split(header, ',')) {
    if (field.starts_with("t=") && part.time.empty()) part.time = field.substr(2);
    if (field.starts_with("v1=") && part.digest.empty()) part.digest = field.substr(3);
  }
  return part;
}

constexpr std::string_view name_of(IdentityEvent::Kind kind) {
  switch (kind) {
    case IdentityEvent::Kind::user_deleted: return "user.deleted";
    case IdentityEvent::Kind::session_revoked: return "session.revoked";
  }
  return "";
}

std::optional<IdentityEvent::Kind> kind_named(std::string_view name) {
  for (IdentityEvent::Kind kind : {IdentityEvent::Kind::user_deleted, IdentityEvent::Kind::session_revoked}) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

bool complete(const IdentityEvent& event) {
  return !event.id.empty() && !event.user.empty() &&
         (event.kind == IdentityEvent::Kind::user_deleted || !event.session.empty());
}

}  // namespace

Signature check_signature(core::Crypto& crypto, std::string_view secret, std::string_view header,
                          std::string_view body, core::Instant now) {
  const auto [time, digest] = parts_of(header);
  int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), milliseconds);
  if (time.empty() || digest.empty() || error != std::errc() || end != time.data() + time.size()) {
    return Signature::malformed;
  }
  // The digest first: what nobody signed is told nothing of our clock.
  const std::string signed_text = std::string(time).append(".").append(body);
  if (!core::equal_in_constant_time(core::hex(crypto.hmac_sha256(secret, signed_text)),
                                    core::lower(digest))) {
    return Signature::wrong;
  }
  const core::Instant told{milliseconds};
  if (told < now - kWebhookTolerance || now + kWebhookTolerance < told) return Signature::out_of_time;
  return Signature::good;
}

std::optional<IdentityEvent> read_event(std::string_view body) {
  core::JsonGate gate;
  const core::JsonResult told = gate.parse(body);
  if (!told.ok()) return std::nullopt;
  const auto kind = kind_named(core::string_member(told.root, "event").value_or(""));
  const auto data = core::member(told.root, "data");
  if (!kind || !data) return std::nullopt;
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(*data, name).value_or(""));
  };
  IdentityEvent event{*kind, std::string(core::string_member(told.root, "id").value_or("")), {}, {}};
  switch (*kind) {
    case IdentityEvent::Kind::user_deleted: event.user = text("id"); break;
    case IdentityEvent::Kind::session_revoked:
      event.user = text("user_id");
      event.session = text("id");
      break;
  }
  return complete(event) ? std::optional(std::move(event)) : std::nullopt;
}

std::string event_call(const IdentityEvent& event) {
  return core::json_text(core::Json{{"call", "identity_event"},
                                    {"event", name_of(event.kind)},
                                    {"id", event.id},
                                    {"user", event.user},
                                    {"session", event.session}});
}

std::optional<IdentityEvent> event_of_call(core::JsonView call) {
  const auto text = [&](std::string_view name) {
    return std::string(core::string_member(call, name).value_or(""));
  };
  const auto kind = kind_named(text("event"));
  if (!kind) return std::nullopt;
  IdentityEvent event{*kind, text("id"), text("user"), text("session")};
  return complete(event) ? std::optional(std::move(event)) : std::nullopt;
}

void create_webhook_events_schema(core::Storage& storage) {
  storage.query(
      "CREATE TABLE IF NOT EXISTS webhook_events (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID");
}

Told note_event(core::Storage& storage, std::string_view id, core::Instant now) {
  storage.query("DELETE FROM webhook_events WHERE at <= ?", {(now - kEventMemory).milliseconds});
  const core::Rows rows =
      storage.query("INSERT INTO webhook_events (id, at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id",
                    {id, now.milliseconds});
  return rows.empty() ? Told::again : Told::first;
}

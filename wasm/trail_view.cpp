#include "trail_view.h"

#include "authority/grants.h"
#include "authority_view.h"
#include "core/json.h"

namespace {

struct Words {
  std::string_view code;
  std::string_view say;
};

template <size_t Size>
std::string say(const Words (&table)[Size], std::string_view code, std::string_view otherwise) {
  for (const Words& entry : table) {
    if (entry.code == code) return std::string(entry.say);
  }
  return std::string(otherwise);
}

/// Why a decision was not to allow it (authority/decide.h).
constexpr Words kReasons[] = {
    {"grant_revoked", "it was revoked"},
    {"grant_expired", "its time was over"},
    {"grant_replaced", "it was allowed anew"},
    {"scope_declined", "you did not allow it"},
    {"scope_never_asked", "it never asked for it"},
    {"tool_not_allowed", "you did not allow this tool"},
    {"paused", "it was paused"},
    {"invalid_cost", "its cost is no amount"},
    {"nothing_allowed", "you allowed nothing of what it takes"},
    {"over_limit", "it takes more than you allow"},
    {"limit_reached", "its limit is reached"},
    {"over_ceiling", "it takes more than you allow all deputies"},
    {"ceiling_reached", "the limit over all deputies is reached"},
    {"approval_refused", "you said no"},
};

/// Causes of pauses (authority/pauses.h), and who ends grants.
constexpr Words kWho[] = {{"human", "you"}, {"administrator", "an administrator"}, {"demo", "the demo"}};

constexpr Words kEnds[] = {
    {"human", "was revoked by you."},
    {"administrator", "was revoked by an administrator."},
    {"client", "was ended by its client."},
    {"refresh_token_replayed", "was revoked: a used-up token of it was used again."},
    {"user_deleted", "ended: the account was deleted."},
    {"signed_out", "ended: you signed out."},
    {"expired", "ended: its time was over."},
    {"replaced", "ended: it was allowed anew."},
    {"not_let_in", "was not let in: you had ended all deputies."},
};

/// What came of a use, around the name of what was used.
struct Came {
  std::string_view result;
  std::string_view before;
  std::string_view after;
};
constexpr Came kCame[] = {
    {"done", "used ", "."},
    {"asked", "asked you before ", "."},
    {"waiting", "began ", "."},
    {"failed", "did not get ", " done."},
    {"stopped", "was stopped in ", "."},
    {"abandoned", "left ", " unfinished."},
};

class Telling {
 public:
  Telling(std::string_view kind, std::string_view client, core::JsonView entry,
          const authority::Vocabulary& words)
      : kind_(kind),
        client_(client),
        entry_(entry),
        details_(core::member(entry, "details")),
        words_(words) {}

  std::string sentence() const {
    if (kind_ == "call" || kind_ == "outcome") return use();
    if (kind_ == "denials")
      return refusal(counted(detail_number("more"), "more time", "more times"), detail("reason"));
    if (kind_ == "grant") return "became your deputy.";
    if (kind_ == "scopes") return "may be allowed more: its token has more scopes.";
    if (kind_ == "bounds") return "got other bounds.";
    if (kind_ == "ceilings") return "The limits over all deputies were changed.";
    if (kind_ == "pause") return whom("was paused by ", "All deputies were paused by ");
    if (kind_ == "resume") return whom("may go on: resumed by ", "All deputies may go on: resumed by ");
    if (kind_ == "revocation") return say(kEnds, detail("reason"), "ended: " + detail("reason") + '.');
    if (kind_ == "approval") {
      return (text("result") == "approved" ? "got your yes to " : "got your no to ") + what() + '.';
    }
    if (kind_ == "erasure") return erasure();
    return std::string(kind_) + '.';
  }

 private:
  std::string text(std::string_view name) const {
    return std::string(core::string_member(entry_, name).value_or(""));
  }
  std::string detail(std::string_view name) const {
    return details_ ? std::string(core::string_member(*details_, name).value_or("")) : std::string();
  }
  int64_t detail_number(std::string_view name) const {
    return details_ ? core::integer_member(*details_, name).value_or(0) : 0;
  }
  std::string what() const { return '"' + std::string(words_.title_of(text("name"))) + '"'; }
  static std::string counted(int64_t number, std::string_view one, std::string_view many) {
    return std::to_string(number) + ' ' + std::string(number == 1 ? one : many);
  }

  std::string use() const {
    const std::string result = text("result");
    const auto decision = core::member(entry_, "decision");
    if (result == "denied") {
      return refusal({}, decision ? core::string_member(*decision, "reason").value_or("") : "");
    }
    for (const Came& came : kCame) {
      if (came.result == result) return std::string(came.before) + what() + std::string(came.after);
    }
    return what() + ": " + result + '.';
  }
  std::string refusal(const std::string& how_often, std::string_view reason) const {
    return "was refused " + what() + (how_often.empty() ? "" : " " + how_often) + ": " +
           say(kReasons, reason, reason) + '.';
  }
  std::string whom(std::string_view one, std::string_view all) const {
    return std::string(client_.empty() ? all : one) + say(kWho, detail("cause"), detail("cause")) + '.';
  }
  std::string erasure() const {
    const int64_t records = detail_number("records");
    std::string told = "The details of " + counted(detail_number("arguments"), "entry", "entries");
    if (!client_.empty()) told.append(" of ").append(client_);
    told += " were erased";
    if (records > 0) told += ", and those of " + counted(records, "record", "records");
    return told + '.';
  }

  std::string_view kind_;
  std::string_view client_;
  core::JsonView entry_;
  std::optional<core::JsonView> details_;
  const authority::Vocabulary& words_;
};

std::string_view outcome_of(std::string_view kind, std::string_view result) {
  if (kind == "denials" || result == "denied") return "denied";
  if (result == "asked") return "asked";
  if (result == "failed" || result == "stopped" || result == "abandoned") return "failed";
  if (result == "waiting") return "allowed";
  return "done";
}

}  // namespace

std::string entry_view(const authority::Row& row, const authority::Vocabulary& words,
                       core::Storage& storage) {
  core::JsonGate gate;
  const core::JsonView entry = gate.parse(row.entry).root;
  const auto text = [&](std::string_view name) { return core::string_member(entry, name).value_or(""); };
  const auto decision = core::member(entry, "decision");
  const auto reason = decision ? core::string_member(*decision, "reason") : std::nullopt;
  const auto grant = authority::find_grant(storage, row.grant_id);
  const std::string client = grant ? deputy_name(*grant, storage) : std::string();
  const std::string arguments = row.arguments.value_or("null");
  std::string json = "{\"seq\":" + std::to_string(row.seq) + ",\"at\":" + std::to_string(row.at.milliseconds);
  const auto add = [&](std::string_view name, std::string_view value) {
    json.append(",\"").append(name).append("\":") += value.empty() ? "null" : core::json_quote(value);
  };
  add("kind", row.kind);
  add("grant", row.grant_id);
  // Not before a sentence in which the deputy does nothing.
  add("client", row.kind == "erasure" ? std::string() : client);
  add("tool", text("name"));
  add("outcome", outcome_of(row.kind, text("result")));
  add("reason", reason.value_or(""));
  add("text", Telling(row.kind, client, entry, words).sentence());
  add("hash", row.hash);
  return json + ",\"arguments\":" + arguments + ",\"raw\":" + row.entry + '}';
}

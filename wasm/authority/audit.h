// The audit trail of a principal: a chain of entries, each with the hash of the one before it.
//
// An entry is JSON in canonical form (RFC 8785); its hash is SHA-256 over that text. It is written in the
// step that does what it tells of, so there is no act without its entry and no entry without its act.
// Arguments lie beside the chain with a salt of their own: the entry has their digest alone, so they can be
// erased and the chain still holds. Heads and receipts are signed (`core/jws.h`): who has one can tell
// whether the trail that they are shown later is the same, and whether its end is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/jws.h"
#include "core/step.h"

namespace authority {

/// An entry's place in the chain.
struct Link {
  int64_t seq = 0;
  /// base64url of 32 bytes.
  std::string hash;
};

/// What a deployment brings to the trail.
struct Notary {
  /// Origin of the deployment: the `iss` of what is signed.
  std::string issuer;
  /// SHA-256 of the module that decides, in hexadecimal: its decisions can be made again by the same module.
  std::string wasm;
  /// What is signed has no names in it, only pseudonyms. Null where the deployment has no secret: no object
  /// wakes up then.
  std::shared_ptr<const core::Signer> signer;
  /// Is told of each entry in the step that writes it, by its text in the chain: without arguments. May be
  /// empty.
  std::function<void(core::Context& step, std::string_view entry, const Link& link)> told = {};
};

/// Whose doing an entry tells of. What does not apply is empty.
struct Actor {
  std::string principal;
  std::string grant_id;
  std::string client_id;
  /// Of the legacy era; modern clients have none.
  std::string session_id;
  /// "legacy", "modern", "page", "webhook", "alarm", "token" (of another issuer).
  std::string_view era;
};

/// What a deputy's call was about: its method, and the tool, prompt or resource.
struct Subject {
  std::string method;
  std::string name;
};

struct Entry {
  /// "call", "outcome", "denials", "grant", "scopes", "bounds", "ceilings", "pause", "resume", "revocation",
  /// "approval", "erasure".
  std::string_view kind;
  Actor actor;
  Subject subject = {};
  /// `decision_input` and `decision_json` (`replay.h`); empty where nothing was decided.
  std::string decision_input = {};
  std::string decision = {};
  /// What came of it: "done", "failed", "denied", "asked", "waiting", "stopped", "abandoned"; or empty.
  std::string_view result = {};
  /// The entry that this one belongs to; 0 for none.
  int64_t refers = 0;
  /// More, by kind: JSON in canonical form; empty for none.
  std::string details = {};
  /// In canonical form, kept beside the chain; empty for none.
  std::string arguments = {};
  enum class Arguments { kept, digest_only } keep = Arguments::kept;
};

/// Longer arguments are not kept; their digest is.
inline constexpr size_t kMaxKeptArguments = 8 * 1024;
/// Refusals of one kind within this time are one entry, and one more that says how many there were.
inline constexpr core::Duration kDenialsTogether = core::minutes(1);

Link append(core::Context& step, const Notary& notary, const Entry& entry);
/// The same for a refusal, which may be one of many: then it is counted, and the link is that of the first.
Link append_denial(core::Context& step, const Notary& notary, const Entry& entry, std::string_view reason);
/// The last entry; 0 and empty before the first.
Link head(core::Storage& storage);
/// Where the trail begins that is left in the object: the last entry that went to the archive, or 0.
Link start(core::Storage& storage);

/// What the signature is for: the `typ` of the JWS.
inline constexpr std::string_view kReceiptType = "audit-receipt+jwt";
inline constexpr std::string_view kHeadType = "audit-head+jwt";
inline constexpr std::string_view kRevocationType = "revocation-receipt+jwt";

/// A receipt for the caller of an entry.
std::string receipt(core::Context& step, const Notary& notary, const Actor& actor, const Link& link);
std::string signed_head(core::Context& step, const Notary& notary, std::string_view principal);

/// A row of the trail as it is stored.
struct Row {
  int64_t seq = 0;
  core::Instant at;
  std::string grant_id;
  std::string kind;
  std::string entry;
  std::string hash;
  std::optional<std::string> arguments;
  std::optional<std::string> salt;
};
/// Newest first, those before `before` alone; `grant_id` and `kind` empty: all.
std::vector<Row> entries_before(core::Storage& storage, int64_t before, std::string_view grant_id,
                                std::string_view kind, int64_t most);
/// Oldest first, those after `after` alone.
std::vector<Row> entries_after(core::Storage& storage, int64_t after, int64_t most);
/// The entries up to `seq` leave this object: they are kept elsewhere.
void drop_entries(core::Storage& storage, int64_t seq);
int64_t count_entries(core::Storage& storage);

/// A line of an export (NDJSON): {"arguments"?, "entry", "hash", "salt"?}.
std::string export_line(const Row& row);

/// Forgets the arguments and their salts, and what its human was asked and has answered; the chain stays.
/// Empty: of all grants. Gives of how many entries the arguments were there. Those in the archive are apart
/// (`archive.h`).
int64_t erase_arguments(core::Storage& storage, std::string_view grant_id);

/// When the time of the first refusals that are counted is over.
inline constexpr core::Lookup kFirstDenialsToTell = "SELECT min(until) FROM denials";
/// Says how many refusals were counted, where their time is over.
void sweep_denials(core::Context& step, const Notary& notary, std::string_view principal);

}  // namespace authority

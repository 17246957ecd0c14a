// The one door of the core: `step(input) -> output`, bytes in and bytes out, nothing kept in between.
//
// A step never waits. What it needs from outside it asks for as effects (data), together with a continuation
// (data: what it must know to go on); the host performs the effects and starts a new step with their results.
// Time, randomness and storage are given to it. Inside an object a step is one transaction: the host rolls it
// back when it faults.
//
//   Begin  -> respond | respond by a stream | reply | forward | await effects
//   Resume -> the same
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/crypto.h"
#include "core/http.h"
#include "core/report.h"
#include "core/storage.h"
#include "core/time.h"
#include "core/wire.h"

namespace core {

// ---- In ----

/// A request that reached the Worker. `client_address` is for rate limits only.
struct EdgeRequest {
  Request request;
  std::string client_address;
  /// When it came; its step may begin later. 0: not known.
  Instant arrived = {};
};
/// A request that the Worker forwarded to a principal's object.
struct PrincipalRequest {
  Request request;
  Instant arrived = {};
};
/// A call of the Worker on a principal's object (the effect CallPrincipal): a JSON text.
struct PrincipalCall {
  std::string call;
};
/// The OAuth provider reads or writes its state, which lives in the principal's object: a JSON text.
struct VaultCall {
  std::string call;
};
/// The object's alarm went off.
struct Alarm {};
/// The object was created or came back: bring its schema up to date. Streams that are still linked to it.
struct Wake {
  std::vector<std::string> open_streams;
};
/// The host has linked the stream that a `RespondStream` began. Answered with a reply, or with a response
/// where there is no such stream.
struct StreamOpened {
  std::string stream_id;
};
/// Nobody reads the stream any more.
struct StreamClosed {
  std::string stream_id;
};
/// A step of this flow in the background (`Context::background`) trapped and was rolled back.
struct Lost {
  std::string continuation;
};
/// A step for this request trapped and was rolled back, or whoever it was handed on to gave no answer. Only
/// the answer is wanted; `request` may be what trapped it.
struct Fault {
  Request request;
  /// Whether it was with somebody else: then nothing is known of what was done.
  enum class Reached : uint8_t { us, others } reached = Reached::us;
  /// The flow whose step trapped; empty: the first step.
  std::string continuation = {};
};

struct EffectResult {
  enum class Status : uint8_t { failed, succeeded };
  Status status = Status::failed;
  /// The HTTP status of a Fetch; 404 of a GetCopy that found nothing; `kNoKeySet` of a VerifyToken; else 0.
  uint32_t code = 0;
  /// What the effect says it gives; on failure the reason.
  std::string bytes;
  bool ok() const { return status == Status::succeeded; }
};
/// The effects of an `Await` are done: one result for each, in their order.
struct Resume {
  std::string continuation;
  std::vector<EffectResult> results;
};

using Input = std::variant<EdgeRequest, PrincipalRequest, PrincipalCall, VaultCall, Alarm, Wake, Fault,
                           Resume, StreamOpened, StreamClosed, Lost>;

// ---- Out ----

/// Read the body of the request at hand, at most `limit` bytes. Gives the body; fails where it is longer.
struct ReadBody {
  uint32_t limit;
};
/// Gives the body (at most 1 MiB), its HTTP status in `code`; redirects are not followed. Fails where there
/// was no answer.
struct Fetch {
  std::string method;
  std::string url;
  Headers headers;
  std::string body;
};
/// Verify a JWT (RFC 7519) by the key set at `jwks_url`: signature, issuer, audience, times, and that `sub`
/// and `exp` are there. Gives the claims as JSON. Fails with the reason; with code `kNoKeySet` where the key
/// set could not be had, for then nothing is known of the token.
struct VerifyToken {
  std::string token;
  std::string jwks_url;
  /// One of these must have issued it.
  std::vector<std::string> issuers;
  std::string audience;
  /// What becomes of a token that names no audience at all.
  enum class NoAudience : uint8_t { accepted, refused } no_audience = NoAudience::accepted;
  /// Those that may have signed it (RFC 7518 section 3.1, RFC 8037 section 3.1).
  std::vector<std::string> algorithms = {"RS256"};
  /// What its header must say it is (`typ`, RFC 8725 section 3.11). Empty: anything.
  std::string type = {};
  /// How far the issuer's clock may be from ours.
  Duration tolerance = {};
};
inline constexpr uint32_t kNoKeySet = 503;

/// An operation of the OAuth provider for the authorization server `issuer`; arguments and answer are JSON.
struct CallOAuth {
  std::string operation;
  std::string issuer;
  std::string arguments;
};
/// Write a value to the KV namespace that is bound to `binding`. `ttl_seconds` at least 60; 0: it is kept for
/// good.
struct PutCopy {
  std::string binding;
  std::string key;
  std::string value;
  uint32_t ttl_seconds;
};
/// Read a value from the KV namespace that is bound to `binding`; gives it. Fails with code 404 where there
/// is none.
struct GetCopy {
  std::string binding;
  std::string key;
};
/// Delete a value from the KV namespace that is bound to `binding`. Succeeds also where there is none.
struct DeleteCopy {
  std::string binding;
  std::string key;
};
/// Ask a principal's object; gives its reply.
struct CallPrincipal {
  std::string principal;
  std::string call;
};
/// Count one use against a rate limiter of the platform. Fails where the limit is reached. Succeeds where no
/// such limiter is bound.
struct LimitRate {
  std::string limiter;
  std::string key;
};

/// Let time pass. At most a minute; what takes longer is for the alarm.
struct Sleep {
  Duration duration;
};

using Effect = std::variant<ReadBody, Fetch, VerifyToken, CallOAuth, PutCopy, CallPrincipal, LimitRate, Sleep,
                            GetCopy, DeleteCopy>;

/// The answer to a request.
struct Respond {
  Response response;
};
/// The answer to a request whose body is a stream that later steps write to (`Context::writes`). The Worker
/// holds it for the client, so that the object can sleep.
struct RespondStream {
  Response head;
  std::string stream_id;
};
/// The answer to a call: bytes that the caller understands.
struct Reply {
  std::string bytes;
};
/// The principal's object answers this request.
struct ForwardToPrincipal {
  std::string principal;
  /// Whether it may go there together with others that are at the Worker at the same moment. Only what a step
  /// answers, not the OAuth provider.
  enum class Hop : uint8_t { own, shared } hop = Hop::own;
};
/// The OAuth provider answers this request, as authorization server `issuer`. Requests with the same
/// `share_key` that come together, or within `share_seconds` of a good answer, all get that one answer (kept
/// in memory). Empty: never shared.
struct ForwardToOAuth {
  std::string issuer;
  std::string share_key = {};
  uint32_t share_seconds = 0;
};
struct Await {
  std::vector<Effect> effects;
  std::string continuation;
};

using Outcome = std::variant<Respond, Reply, ForwardToPrincipal, ForwardToOAuth, Await, RespondStream>;

/// Text for a stream, sent after the commit to whoever reads it.
struct StreamWrite {
  std::string stream_id;
  std::string text;
  enum class Then { go_on, close } then = Then::go_on;
};

/// What one step may use, and what it leaves besides its outcome. `storage` is there in a principal's object
/// only.
struct Context {
  Instant now;
  Entropy& entropy;
  Crypto& crypto;
  Storage* storage = nullptr;
  /// When the object's alarm should go off (the host keeps the earliest).
  std::optional<Instant> alarm = {};
  std::vector<StreamWrite> writes = {};
  /// Flows that begin now and answer nobody.
  std::vector<Await> background = {};
  /// Lines for the deployment's log, each a JSON text without secrets.
  std::vector<std::string> log = {};
  /// What the log says of the request at hand.
  Report report = {};
  /// Counted in Analytics Engine.
  std::vector<DataPoint> points = {};

  void wake_at(Instant when) {
    if (!alarm || when < *alarm) alarm = when;
  }
};

// ---- As bytes ----

struct Begun {
  Instant now;
  /// Unpredictable: Entropy::kSeed bytes or more.
  std::string entropy;
  Input input;
};
/// Nothing where the bytes are no input of this version.
std::optional<Begun> decode_input(std::string_view bytes);
std::string encode_output(const Outcome& outcome, const Context& context);

/// For tests and hosts in C++.
std::string encode_input(Instant now, std::string_view entropy, const Input& input);

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace core

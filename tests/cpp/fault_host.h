// One person's object with the platform around it, as shim/principal.js is, and one thing that goes wrong at
// the n-th chance that there is for it.
#pragma once

#include <map>
#include <memory>

#include "app_support.h"
#include "identity/principal_id.h"

namespace testing {

enum class Fault {
  none,
  statement,            // an SQL statement fails, or the module traps in it: the step is rolled back
  commit,               // the commit itself fails
  power_before_commit,  // the process ends
  power_after_commit,   // the same, and nobody hears what was committed
  effect_fails,         // nothing of it is done
  effect_unanswered,    // it is done, and its answer is lost
  effect_twice,         // it is done twice
  effect_late,          // it is done, and its answer comes when all that waited is over
  clock_back,           // the clock goes back an hour
  result_twice,         // its result is told to the core twice
};
inline const std::vector<std::pair<Fault, std::string>> kFaults = {
    {Fault::statement, "a statement fails"},
    {Fault::commit, "a commit fails"},
    {Fault::power_before_commit, "the power goes before a commit"},
    {Fault::power_after_commit, "the power goes after a commit"},
    {Fault::effect_fails, "an effect fails"},
    {Fault::effect_unanswered, "the answer of an effect is lost"},
    {Fault::effect_twice, "an effect is done twice"},
    {Fault::effect_late, "an effect takes 20 minutes"},
    {Fault::clock_back, "the clock goes back an hour"},
    {Fault::result_twice, "a result comes twice"},
};

/// A step was cut off and rolled back.
struct Trapped {};
/// The process has ended: whoever waited for an answer gets none.
struct PowerCut {};

/// Fails at the n-th chance, once.
class Chances {
 public:
  Chances(Fault fault, int64_t nth) : fault_(fault), nth_(nth) {}
  bool now(Fault kind) {
    if (kind != fault_ || ++seen_ != nth_) return false;
    happened = true;
    return true;
  }
  bool happened = false;

 private:
  Fault fault_;
  int64_t nth_;
  int64_t seen_ = 0;
};

class FaultyStorage final : public core::Storage {
 public:
  explicit FaultyStorage(Chances& chances) : chances_(chances) {}
  core::Rows ask(core::Statement statement, std::initializer_list<core::Value> parameters) override {
    if (chances_.now(Fault::statement)) throw Trapped();
    return real.query(statement, parameters);
  }
  NativeStorage real;

 private:
  Chances& chances_;
};

inline core::Config delivering_config() {
  return core::read_config(json{
      {"PUBLIC_URL", kOrigin},
      {"AUTHORITY_SECRET", std::string(32, 's')},
      {"WORKOS_CLIENT_ID", "client_1"},
      {"WORKOS_API_KEY", "sk_1"},
      {"WORKOS_ORGANIZATION_ID", "org_1"},
      {"NOTIFY_URL", "https://notify.example/hook"},
      {"DEMO_MODE", "true"}}.dump());
}

class FaultHost {
 public:
  explicit FaultHost(Fault fault = Fault::none, int64_t nth = 0)
      : chances(fault, nth), storage(chances), config_(delivering_config()) {
    restart();
    principal = identity::principal_name(crypto, "workos", "user_1");
    user = identity::user_id(identity::Keys(config_, crypto), principal);
  }

  // ---- What comes in ----

  /// The answer to a request that the Worker forwarded. `PowerCut`: there is none.
  core::Response ask(const core::Request& request) {
    try {
      return std::get<core::Respond>(go_on(step(core::PrincipalRequest{request}))).response;
    } catch (const Trapped&) {
      return std::get<core::Respond>(step(core::Fault{request})).response;
    }
  }
  /// What a call of the Worker gives; empty where it fails.
  std::string call(const json& what) {
    try {
      return std::get<core::Reply>(go_on(step(core::PrincipalCall{what.dump()}))).bytes;
    } catch (const Trapped&) {
      return {};
    }
  }
  /// Time passes, and alarms ring in it.
  void pass(core::Duration time) {
    const core::Instant until = now + time;
    // It does not ring while its handler runs.
    for (int rings = 0; !ringing_ && stored_alarm && *stored_alarm <= until; ++rings) {
      REQUIRE(rings < 2000);
      now = std::max(now, *stored_alarm);
      ring();
    }
    now = until;
  }
  /// The platform rings until the handler has come to its end.
  void ring() {
    stored_alarm.reset();
    known_alarm_.reset();
    ringing_ = true;
    try {
      go_on(step(core::Alarm{}));
    } catch (const Trapped&) {
      again_at(now + core::seconds(2));
    } catch (const PowerCut&) {
      again_at(now);
    }
    ringing_ = false;
  }
  void restart() {
    app_ = std::make_unique<AuthorizationServer>(config_, crypto);
    storage.forget();
    awake_ = false;
    known_alarm_.reset();
  }

  /// Begins a request or the alarm, and leaves it where it waits for its effects.
  core::Outcome begin(core::Input input) { return step(std::move(input)); }
  core::Outcome go_on(core::Outcome outcome) {
    while (const core::Await* awaiting = std::get_if<core::Await>(&outcome)) {
      const core::Await await = *awaiting;
      std::vector<core::EffectResult> results;
      for (const core::Effect& effect : await.effects) results.push_back(perform(effect));
      const bool twice = chances.now(Fault::result_twice);
      outcome = step(core::Resume{await.continuation, results});
      if (twice) outcome = step(core::Resume{await.continuation, results});
    }
    return outcome;
  }

  // ---- The outside ----

  /// KV, by binding and key.
  std::map<std::string, std::map<std::string, std::string>> kv;
  /// What was posted: to which address, under which Idempotency-Key, with what.
  std::map<std::pair<std::string, std::string>, std::string> posted;
  /// Is told of each Sleep.
  std::function<void()> while_sleeping = [] {};

  Chances chances;
  NativeCrypto crypto;
  FaultyStorage storage;
  core::Instant now{1'790'000'000'000};
  /// It wakes up for each step.
  bool forgetful = false;
  std::optional<core::Instant> stored_alarm;
  std::string principal, user;
  int grants = 0;

 private:
  core::Outcome step(core::Input input) {
    if (!awake_) {
      commit(core::Wake{});
      awake_ = true;
    }
    return commit(std::move(input));
  }

  core::Outcome commit(core::Input input) {
    if (chances.now(Fault::clock_back)) now = now - core::hours(1);
    if (forgetful) storage.forget();
    core::Entropy entropy(crypto, crypto.sha256(std::to_string(++steps_)));
    core::Context context{now, entropy, crypto, &storage};
    core::Outcome outcome;
    storage.real.begin();
    try {
      outcome = app_->handle(input, context);
    } catch (const Trapped&) {
      roll_back();
      // The instance is thrown away, and what it had in memory; the object stays.
      app_ = std::make_unique<AuthorizationServer>(config_, crypto);
      throw;
    }
    if (chances.now(Fault::commit)) {
      roll_back();
      throw Trapped();
    }
    if (chances.now(Fault::power_before_commit)) {
      roll_back();
      cut_power();
    }
    storage.real.commit();
    // The alarm is written with the commit.
    if (context.alarm && (!known_alarm_ || *context.alarm < *known_alarm_)) {
      known_alarm_ = stored_alarm = context.alarm;
    }
    if (chances.now(Fault::power_after_commit)) cut_power();
    return outcome;
  }

  void roll_back() {
    storage.real.roll_back();
    storage.forget();
  }

  [[noreturn]] void cut_power() {
    restart();
    throw PowerCut();
  }

  void again_at(core::Instant when) {
    if (!stored_alarm || when < *stored_alarm) stored_alarm = when;
  }

  core::EffectResult perform(const core::Effect& effect) {
    if (chances.now(Fault::effect_fails)) return failed("a lever was pulled");
    core::EffectResult result = really(effect);
    if (chances.now(Fault::effect_twice)) result = really(effect);
    if (chances.now(Fault::effect_unanswered)) return failed("the answer is lost");
    if (chances.now(Fault::effect_late)) pass(core::minutes(20));
    return result;
  }

  core::EffectResult really(const core::Effect& effect) {
    return std::visit(
        core::Overloaded{
            [&](const core::PutCopy& put) {
              kv[put.binding][put.key] = put.value;
              return succeeded();
            },
            [&](const core::DeleteCopy& end) {
              kv[end.binding].erase(end.key);
              return succeeded();
            },
            [&](const core::Fetch& fetch) {
              posted[{fetch.url, std::string(*fetch.headers.get("Idempotency-Key"))}] = fetch.body;
              return succeeded("{}", 200);
            },
            [&](const core::Sleep& sleep) {
              now = now + sleep.duration;
              while_sleeping();
              return succeeded();
            },
            [&](const core::CallOAuth& call) {
              try {
                return provide(call);
              } catch (const Trapped&) {
                return failed("the storage failed");
              }
            },
            [&](const auto&) { return failed("no such effect here"); },
        },
        effect);
  }

  // ---- The OAuth provider: it reads and writes by steps of its own, one after the other ----

  json vault(const json& call) {
    return json::parse(std::get<core::Reply>(step(core::VaultCall{call.dump()})).bytes);
  }
  core::EffectResult provide(const core::CallOAuth& call) {
    const json arguments = json::parse(call.arguments);
    if (call.operation == "validate_token") {
      const std::string token = arguments.at("token");
      const json record = vault({{"operation", "get"}, {"key", "token:" + token}}).at("value");
      if (record.is_null()) return succeeded("{}");
      return succeeded(json{{"audience", std::string(kOrigin) + "/mcp"},
                            {"expires_at", now.milliseconds / 1000 + 3600},
                            {"scope", {"shop:read", "shop:buy"}}}
                           .dump());
    }
    const std::string prefix = "grant:" + user + ":", grant = "g" + std::to_string(++grants);
    const json bounds = {{"tools", nullptr},
                         {"limits",
                          {{{"measure", "calls"}, {"most", 60}, {"per", "minute"}},
                           {{"measure", "orders"}, {"most", 20}, {"per", "week"}},
                           {{"measure", "items"}, {"most", 20}, {"per", "week"}},
                           {{"measure", "EUR"}, {"most", 50000}, {"per", "week"}}}},
                         {"ask_above", {{{"measure", "EUR"}, {"amount", 2000}}}},
                         {"expires_at", nullptr},
                         {"until_sign_out", false}};
    const json record = {{"id", grant},
                         {"clientId", "client-1"},
                         {"userId", user},
                         {"scope", {"shop:read", "shop:buy"}},
                         {"metadata",
                          {{"subject", "user_1"},
                           {"email", "ada@example.com"},
                           {"client_name", "Claude"},
                           {"requested_scopes", {"shop:read", "shop:buy"}},
                           {"bounds", bounds}}}};
    const auto put = [&](const std::string& key, const std::string& value) {
      const json answer = vault({{"operation", "put"},
                                 {"key", key},
                                 {"value", value},
                                 {"expires_in", 86'400},
                                 {"metadata", json::object()}});
      if (answer.contains("error")) throw Trapped();
    };
    const json others = vault({{"operation", "list"}, {"prefix", prefix}}).at("keys");
    put(prefix + grant, record.dump());
    put("token:" + user + ":" + grant + ":secret-of-" + grant, "{}");
    for (const json& other : others) vault({{"operation", "delete"}, {"key", other.at("name")}});
    return succeeded(json{{"grant", grant}}.dump());
  }

  core::Config config_;
  std::unique_ptr<AuthorizationServer> app_;
  bool awake_ = false;
  bool ringing_ = false;
  std::optional<core::Instant> known_alarm_;
  int steps_ = 0;
};

}  // namespace testing

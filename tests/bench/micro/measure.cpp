#include "measure.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "allocations.h"
#include "core/json.h"
#include "player.h"
#include "stages.h"

namespace micro {

namespace {

/// How long so many runs take, in nanoseconds.
double batch(const std::function<void()>& run, uint64_t rounds) {
  const double start = now();
  for (uint64_t round = 0; round < rounds; ++round) run();
  return now() - start;
}

void warm_up(const std::function<void()>& run, const Plan& plan) {
  const double end = now() + plan.warm_up_milliseconds * 1e6;
  while (now() < end) batch(run, 16);
}

core::Json figures_of(const std::function<void()>& run, const Plan& plan) {
  uint64_t rounds = 1;
  warm_up(run, plan);
  while (batch(run, rounds) < plan.batch_microseconds * 1e3) rounds *= 2;

  std::vector<double> each(plan.batches);
  for (double& time : each) time = batch(run, rounds) / static_cast<double>(rounds);
  std::sort(each.begin(), each.end());
  const auto percentile = [&](size_t percent) { return each[(each.size() - 1) * percent / 100]; };

  const Allocations before = allocations;
  run();
  return {{"median", percentile(50)},
          {"low", percentile(10)},
          {"high", percentile(90)},
          {"allocations", allocations.count - before.count},
          {"allocated", allocations.bytes - before.bytes}};
}

/// The last request of the session: its steps in the Worker, and those in its principal's object.
std::vector<Step> last_request(const Session& session) {
  constexpr size_t kTagAt = 1 + 8 + 4 + 32;
  constexpr char kEdgeRequest = 1;
  size_t first = session.steps.size();
  while (first > 0 && session.steps[--first].input[kTagAt] != kEdgeRequest) {
  }
  return {session.steps.begin() + static_cast<std::ptrdiff_t>(first), session.steps.end()};
}

core::Json questions_of(const std::vector<Step>& steps) {
  constexpr std::array<const char*, 6> kNames = {
      "", "query", "sha256", "hmac_sha256", "ed25519_sign", "ed25519_public_key"};
  core::Json counts = core::Json::object();
  for (const Step& step : steps) {
    for (const PortCall& call : step.calls) {
      core::Json& count = counts[kNames[call.kind]];
      count = count.is_null() ? 1 : count.get<int>() + 1;
    }
  }
  return counts;
}

/// What is measured, by name.
struct Subject {
  core::Json about;
  std::function<void()> run;
  std::function<void()> check;
};

std::vector<Subject> subjects_of(const Session& session) {
  std::vector<Subject> subjects;
  for (const bool in_object : {true, false}) {
    std::vector<Step> steps = last_request(session);
    std::erase_if(steps, [&](const Step& step) { return step.in_object != in_object; });
    core::Json about = {{"name", std::string(session.name)},
                        {"where", in_object ? "object" : "worker"},
                        {"steps", steps.size()},
                        {"asks", questions_of(steps)}};
    const auto each = [steps](void (*work)(const Step&)) {
      return [steps, work] {
        for (const Step& step : steps) work(step);
      };
    };
    subjects.push_back({std::move(about), each(play), each(check)});
  }
  return subjects;
}

}  // namespace

std::string measure(std::string_view tape, const Plan& plan) {
  const std::vector<Session> sessions = read_tape(tape);
  if (sessions.empty()) fail("nothing was recorded");
  const Step call = last_request(sessions.front()).back();
  const std::vector<Stage> parts = stages_of(call);

  // Everything runs once before anything is measured: what V8 knows of the whole it knows from the beginning.
  for (const Session& session : sessions) {
    begin(session);
    for (const Subject& subject : subjects_of(session)) warm_up(subject.run, plan);
  }
  core::Json steps = core::Json::array(), stages = core::Json::array();
  for (const Session& session : sessions) {
    begin(session);
    for (Subject& subject : subjects_of(session)) {
      subject.about.update(figures_of(subject.run, plan));
      subject.check();
      steps.push_back(std::move(subject.about));
    }
  }
  for (const Stage& stage : parts) {
    core::Json figures = {{"name", std::string(stage.name)}};
    figures.update(figures_of(stage.run, plan));
    stages.push_back(std::move(figures));
  }
  return core::json_text({{"steps", std::move(steps)}, {"stages", std::move(stages)}});
}

}  // namespace micro

#ifdef __wasm__

extern "C" __attribute__((import_module("host"), import_name("fail"))) void host_fail(const char* text,
                                                                                      uint32_t size);
extern "C" __attribute__((import_module("host"), import_name("now"))) double host_now();
extern "C" char* input_buffer(uint32_t size);

/// Measures on the tape in the input buffer. Gives a u32 length and JSON.
extern "C" __attribute__((export_name("measure"))) const char* measure_tape(uint32_t size, uint32_t warm_up,
                                                                            uint32_t batch, uint32_t count) {
  static std::string output;
  const std::string tape(input_buffer(0), size);
  const std::string text = micro::measure(tape, {warm_up, batch, count});
  const uint32_t length = static_cast<uint32_t>(text.size());
  output.assign(reinterpret_cast<const char*>(&length), sizeof length);
  output += text;
  return output.data();
}

double micro::now() {
  return host_now();
}

void micro::fail(std::string_view message) {
  host_fail(message.data(), static_cast<uint32_t>(message.size()));
  __builtin_trap();
}

#endif

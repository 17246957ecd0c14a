#include "measure.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "allocations.h"
#include "core/json.h"
#include "player.h"
#include "stages.h"

namespace micro {

namespace {

/// What is measured, as often as it is asked for.
struct Work {
  std::function<void()> run;
  /// Before so many runs: what each of them needs. May be empty.
  std::function<void(uint64_t rounds)> prepare = {};
};

/// More at once would not all be remembered (wasm/module/exports.cpp).
constexpr uint64_t kMostRounds = 128;

/// How long so many runs take, in nanoseconds.
double batch(const Work& work, uint64_t rounds) {
  if (work.prepare) work.prepare(rounds);
  const double start = now();
  for (uint64_t round = 0; round < rounds; ++round) work.run();
  return now() - start;
}

void warm_up(const Work& work, const Plan& plan) {
  const double end = now() + plan.warm_up_milliseconds * 1e6;
  while (now() < end) batch(work, 16);
}

core::Json figures_of(const Work& work, const Plan& plan) {
  uint64_t rounds = 1;
  warm_up(work, plan);
  while (rounds < kMostRounds && batch(work, rounds) < plan.batch_microseconds * 1e3) rounds *= 2;

  std::vector<double> each(plan.batches);
  for (double& time : each) time = batch(work, rounds) / static_cast<double>(rounds);
  std::sort(each.begin(), each.end());
  const auto percentile = [&](size_t percent) { return each[(each.size() - 1) * percent / 100]; };

  if (work.prepare) work.prepare(1);
  const Allocations before = allocations;
  work.run();
  return {{"median", percentile(50)},
          {"low", percentile(10)},
          {"high", percentile(90)},
          {"allocations", allocations.count - before.count},
          {"allocated", allocations.bytes - before.bytes}};
}

/// A session's last request, and the one before it: their steps in the Worker, and in the principal's object.
struct LastRequests {
  std::vector<Step> last;
  std::vector<Step> before;
};

LastRequests last_requests(const Session& session) {
  constexpr size_t kTagAt = 1 + 8 + 4 + 32;
  constexpr char kEdgeRequest = 1;
  const auto begin_before = [&](size_t end) {
    while (end > 0 && session.steps[--end].input[kTagAt] != kEdgeRequest) {
    }
    return end;
  };
  const size_t last = begin_before(session.steps.size()), before = begin_before(last);
  const auto at = [&](size_t index) { return session.steps.begin() + static_cast<std::ptrdiff_t>(index); };
  return {{at(last), session.steps.end()}, {at(before), at(last)}};
}

core::Json questions_of(const std::vector<Step>& steps) {
  constexpr std::array<const char*, 4> kNames = {"", "query", "ed25519_sign", "ed25519_public_key"};
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
  Work work;
  std::function<void()> check;
};

std::vector<Subject> subjects_of(const Session& session) {
  std::vector<Subject> subjects;
  for (const bool in_object : {true, false}) {
    LastRequests requests = last_requests(session);
    const auto elsewhere = [&](const Step& step) { return (step.object != 0) != in_object; };
    std::erase_if(requests.last, elsewhere);
    std::erase_if(requests.before, elsewhere);
    core::Json about = {{"name", std::string(session.name)},
                        {"where", in_object ? "object" : "worker"},
                        {"steps", requests.last.size()},
                        {"asks", questions_of(requests.last)}};
    // Each run is in an object of its own that has answered the request before.
    const auto object = std::make_shared<uint32_t>(0);
    const auto prepare = [object, in_object, before = requests.before](uint64_t rounds) {
      if (!in_object) return;
      *object = new_objects(static_cast<uint32_t>(rounds));
      for (uint32_t round = 0; round < rounds; ++round) {
        for (const Step& step : before) play(step, *object + round);
      }
    };
    const auto each = [object, in_object, last = requests.last](void (*work)(const Step&, uint32_t)) {
      return [=] {
        for (const Step& step : last) work(step, *object);
        if (in_object) ++*object;
      };
    };
    subjects.push_back({std::move(about), {each(play), prepare}, each(check)});
  }
  return subjects;
}

}  // namespace

std::string measure(std::string_view tape, const Plan& plan) {
  const std::vector<Session> sessions = read_tape(tape);
  if (sessions.empty()) fail("nothing was recorded");
  const Step call = last_requests(sessions.front()).before.back();
  const std::vector<Stage> parts = stages_of(call);

  // Everything runs once before anything is measured: what V8 knows of the whole it knows from the beginning.
  for (const Session& session : sessions) {
    begin(session);
    for (const Subject& subject : subjects_of(session)) warm_up(subject.work, plan);
  }
  core::Json steps = core::Json::array(), stages = core::Json::array();
  for (const Session& session : sessions) {
    begin(session);
    for (Subject& subject : subjects_of(session)) {
      subject.about.update(figures_of(subject.work, plan));
      subject.work.prepare(1);
      subject.check();
      steps.push_back(std::move(subject.about));
    }
  }
  for (const Stage& stage : parts) {
    core::Json figures = {{"name", std::string(stage.name)}};
    figures.update(figures_of({stage.run}, plan));
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

// One person's object, really: a history is run on it, step by step in transactions as the host does, and
// each step is compared with the reference and with what must always hold.
#pragma once

#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "authority/audit.h"
#include "authority/revocation.h"
#include "authority/use.h"
#include "history.h"
#include "reference.h"
#include "support.h"

namespace model {

/// Something is not as it must be.
struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The parts say what is wrong; they become a text only then.
template <typename... Parts>
void check(bool holds, const Parts&... parts) {
  if (!holds) throw Mismatch((std::string() + ... + parts));
}

std::string in_words(const authority::Decision& decision);

/// How often each thing was seen, so that a run that shows nothing is found out.
using Seen = std::map<std::string, int64_t>;

/// Follows the audit trail: the chain, the canonical form, decisions made again, and that each call has one
/// entry for its beginning and one for its end.
struct Trail {
  int64_t seq = 0;
  std::string hash;
  /// Entries of calls that wait.
  std::set<int64_t> open;
  std::set<int64_t> closed;

  /// Entries since the last time, each in short.
  std::vector<std::string> follow(core::Storage& storage, core::Crypto& crypto);
};

class World {
 public:
  World();

  /// What went wrong, with the number of the step; nothing where all is well.
  struct Problem {
    size_t step;
    std::string what;
  };
  std::optional<Problem> run(const std::vector<Step>& history, uint64_t seed);
  Seen seen;

 private:
  /// A use between its steps.
  struct Place {
    std::string id;
    std::string ticket;
    std::string grant;
    uint64_t deed = 0;
    bool charged = false;
  };
  /// Everything that a crash takes back.
  struct Known {
    Reference reference;
    Trail trail;
    std::array<Place, kPlaces> places;
    std::array<std::string, kClients> grants;
    int grants_made = 0;
    std::optional<Ms> alarm;
    /// Grant and deed of the last call, and of the last one that asked the human.
    std::pair<std::string, uint64_t> last_call, last_asked;
    /// What was used of a limit that has been set below that.
    std::map<std::tuple<std::string, std::string, authority::Period>, int64_t> before_bounds;
    /// Who used a yes.
    std::map<std::string, std::set<std::string>> used_by;
  };
  enum class Run { to_its_end, to_a_wait, either };

  core::Context context();
  void apply(const Step& step);
  void act(const Step& step);

  void authorise(int client, uint64_t pick);
  void end_grant(const std::string& grant, authority::Event event, std::string_view reason,
                 std::string_view by);
  void run_call(Place& place, uint64_t pick, Run how);
  authority::Decision charge(authority::Desk& desk, authority::Use& use, Place& place, const Deed& deed);
  void go_on(Place& place, uint64_t pick);
  void go_on_too_late(const Place& place, uint64_t pick);
  void stop(Place& place);
  void ask_many(const std::string& grant, uint64_t pick);
  void answer(uint64_t pick);
  void pause_or_resume(const Step& step);
  void alarm();
  void sweep_denials();
  void forget(uint64_t pick);
  void archive(uint64_t pick);

  /// A question of `grant` was asked: anew exactly where none about the same waits.
  void compare_asked(const authority::Asked& asked, const std::string& grant, const std::string& about);
  void denied(const std::string& grant, const std::string& name, const std::string& reason,
              std::string_view result);
  void note_bounds(const std::string& grant);
  void expect(std::string entry) { expected_.push_back(std::move(entry)); }
  void compare(const authority::Decision& real, const authority::Decision& expected);
  void within(const authority::Used& used, const std::string& grant, const authority::Limit& limit);
  void compare_limits(const std::string& grant);
  void compare_grant(const std::string& grant);
  void compare_all();

  Storage storage_;
  Crypto crypto_;
  authority::Notary notary_;
  Known known_;
  std::string seed_;
  int64_t steps_ = 0;
  Ms now_ = 0;
  Ms last_asked_ = 0;
  std::optional<core::Entropy> entropy_;
  std::optional<core::Context> context_;
  std::vector<std::string> expected_;
  std::string touched_;
};

}  // namespace model

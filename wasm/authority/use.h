// One use of a deputy's authority, from the question whether it may to its end: decides, counts, holds what
// it costs, and writes the trail, all in the step that acts.
//
//   admit -> (charge ->) end                        in one step
//   admit -> (charge ->) waits ... admit -> end     over several: each begins with a decision of its own
//
// Nothing is counted for what was denied. A use that is never ended is abandoned when its time is over.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "authority/approvals.h"
#include "authority/audit.h"
#include "authority/grants.h"

namespace authority {

/// What is kept of a use while its call waits.
struct Use {
  /// Empty: not let through yet.
  std::string id;
  /// The entry that says that it waits; 0: it never did.
  int64_t began = 0;
  /// The last decision, and all that it was made of (`replay.h`).
  Decision decision;
  std::string decision_input = {};
  std::string decision_text = {};
  bool charged = false;
  /// What it was charged for in this step: held as soon as it waits, and settled at once where it ends.
  std::optional<std::vector<Cost>> costs = {};
  /// It is over, and this is its entry.
  std::optional<Link> ended = {};

  std::string encode() const;
  /// A new use where the text is none that `encode` gave.
  static Use decode(std::string_view text);
};

class Desk {
 public:
  /// `grant`: as far as the caller's token reaches.
  Desk(core::Context& step, const Notary& notary, const Grant& grant, Actor actor)
      : step_(step), notary_(notary), grant_(grant), actor_(std::move(actor)) {}

  /// May it go on? The first time it costs a call. `arguments`: canonical JSON, for the entry.
  Decision admit(Use& use, const Subject& subject, Action action, std::string arguments,
                 Entry::Arguments keep);
  /// May it do what costs this? Holds it, and uses up the human's yes, where it may. With `ask` the question
  /// waits for its human (`approvals.h`).
  struct Charged {
    Decision decision;
    std::optional<Asked> asked;
  };
  Charged charge(Use& use, Action action, Question question);
  /// It goes on in a later step, when the client has answered or when an effect is done.
  enum class For { client, effect };
  void waits(Use& use, const Subject& subject, For what);
  /// It is over: `done` settles what it holds, all else releases it.
  enum class End { done, failed };
  Link end(Use& use, const Subject& subject, End how);

 private:
  bool waits_still(std::string_view use_id);
  void record(Use& use, const Action& action, const Standing& standing, const Decision& decision);
  Entry entry_of(const Use& use, std::string_view kind, const Subject& subject, std::string_view result);

  core::Context& step_;
  const Notary& notary_;
  const Grant& grant_;
  Actor actor_;
  std::string arguments_;
  Entry::Arguments keep_ = Entry::Arguments::kept;
};

/// A use whose grant has ended, or that nobody goes on with: what it holds is free, and its entry says so.
void stop_use(core::Context& step, const Notary& notary, std::string_view use_id, std::string_view result);
/// When the first of them has waited too long.
inline constexpr core::Lookup kFirstUseToEnd = "SELECT min(expires_at) FROM uses";
/// Those that have waited too long.
void sweep_uses(core::Context& step, const Notary& notary);

}  // namespace authority

// Approvals: a human's yes to one exact action, good for one use within minutes.
//
// An action above a threshold waits here until its human decides. What they decide is bound to a digest of
// the action: a changed one asks anew. A yes is used up by the first action that begins with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authority/decide.h"
#include "core/step.h"

namespace authority {

/// How long a question waits for its human.
inline constexpr core::Duration kQuestionWaits = core::minutes(15);
/// How long an answer counts.
inline constexpr core::Duration kAnswerCounts = core::minutes(10);
/// Of one grant at the same time; after that the oldest goes.
inline constexpr int64_t kMaxQuestions = 20;

/// What a human is asked about, as they are shown it.
struct Question {
  std::string grant_id;
  std::string tool;
  std::string title;
  /// Lines of a name and a value.
  std::vector<std::pair<std::string, std::string>> what;
  std::vector<Cost> costs;
};

struct Approval {
  enum class State { waiting, approved, refused, used, expired };
  std::string id;
  Question question;
  State state = State::waiting;
  core::Instant asked_at;
  core::Instant expires_at;
};
std::string_view name(Approval::State state);

/// The digest that binds an answer to its action: SHA-256 over the canonical form of the question.
std::string digest(core::Crypto& crypto, const Question& question);

/// What the human has said of this action; `use_id` is the use that it belongs to, which keeps the yes that
/// it has used.
Action::Approval answer_to(core::Context& step, const Question& question, std::string_view use_id);
/// Uses the yes up.
void redeem(core::Context& step, const Question& question, std::string_view use_id);

/// The question that waits for this action: a new one where there is none. `asked_now`: it is new.
struct Asked {
  std::string id;
  bool asked_now = false;
};
Asked ask(core::Context& step, const Question& question);

/// Nothing where it does not wait any more; then nothing changes.
enum class Verdict { approve, refuse };
std::optional<Approval> answer(core::Context& step, std::string_view id, Verdict verdict);

std::optional<Approval> find_approval(core::Storage& storage, std::string_view id, core::Instant now);
/// Those that wait first, then the latest.
std::vector<Approval> list_approvals(core::Storage& storage, int64_t most, core::Instant now);
/// With a grant end its questions and answers.
void end_approvals(core::Storage& storage, std::string_view grant_id);
void sweep_approvals(core::Storage& storage, core::Instant now);

}  // namespace authority

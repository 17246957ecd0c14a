#include "core/application.h"

namespace core {

namespace {

template <typename Kind, typename Variant>
bool holds(const Variant& variant) {
  return std::holds_alternative<Kind>(variant);
}

/// What is known of the request before the application looks at it.
void open_report(Input& input, Report& report) {
  const auto came = [&](const Request& request, Instant arrived) {
    describe_request(report, request);
    report.arrived = arrived;
  };
  std::visit(Overloaded{[&](const EdgeRequest& i) { came(i.request, i.arrived); },
                        [&](const PrincipalRequest& i) { came(i.request, i.arrived); },
                        [&](const Fault& i) { came(i.request, {}); },
                        [&](Resume& i) { take_carried_report(report, i.continuation); },
                        [&](Lost& i) { take_carried_report(report, i.continuation); }, [&](const auto&) {}},
             input);
}

/// The first fetch of a request that belongs to no trace begins one.
void pass_on_trace(Await& await, Context& step) {
  for (Effect& effect : await.effects) {
    Fetch* fetch = std::get_if<Fetch>(&effect);
    if (fetch) add_trace(fetch->headers, step.report.trace, step.entropy);
  }
}

/// The head of the answer; null where this outcome is none, or another one gives it.
const Response* head_of(const Outcome& outcome) {
  if (const Respond* respond = std::get_if<Respond>(&outcome)) return &respond->response;
  const RespondStream* stream = std::get_if<RespondStream>(&outcome);
  return stream ? &stream->head : nullptr;
}

/// One line for a request, in the step that answers it; and one for a call that went on without a request.
void close_report(const Outcome& outcome, Reporting reporting, Context& step) {
  const Report& report = step.report;
  const Response* head = head_of(outcome);
  const bool failed = head && head->status >= 500;
  const bool background = report.http.empty() && !report.method.empty() && holds<Reply>(outcome);
  if (!head && !holds<ForwardToOAuth>(outcome) && !background) return;
  // Whoever asks whether this server is well asks all the time.
  if (report.route == kHealthRoute && !failed) return;
  if (reporting.lines == Reporting::Lines::all || (reporting.lines == Reporting::Lines::errors && failed)) {
    step.log.push_back(report_line(report, head ? std::optional(head->status) : std::nullopt, step.now));
  }
  if (reporting.counts == Reporting::Counts::yes && head && is_tool_call(report)) {
    step.points.push_back(data_point(report, step.now));
  }
}

}  // namespace

Outcome Application::handle(Input input, Context& step) {
  open_report(input, step.report);
  Outcome outcome = answer(input, step);
  Report& report = step.report;
  if (step.storage) report.rows += step.storage->used;
  Await* await = std::get_if<Await>(&outcome);
  if (await) pass_on_trace(*await, step);
  for (Await& flow : step.background) pass_on_trace(flow, step);
  if (await) {
    await->continuation.insert(0, carried_report(report, reporting_.lines));
  } else if (!holds<Alarm>(input)) {
    close_report(outcome, reporting_, step);
  }
  for (Await& flow : step.background) {
    flow.continuation.insert(0, carried_report(without_request(report), reporting_.lines));
  }
  return outcome;
}

std::string run_step(Application& application, std::string_view input, Crypto& crypto, Storage* storage) {
  std::optional<Begun> begun = decode_input(input);
  Entropy entropy(crypto, begun ? begun->entropy : std::string());
  Context step{begun ? begun->now : Instant{}, entropy, crypto, storage};
  if (begun) {
    const Outcome outcome = application.handle(std::move(begun->input), step);
    return encode_output(outcome, step);
  }

  Response malformed;
  malformed.status = 500;
  malformed.headers.add("Content-Type", "text/plain; charset=utf-8");
  malformed.body = "The step's input is malformed.\n";
  return encode_output(Respond{std::move(malformed)}, step);
}

}  // namespace core

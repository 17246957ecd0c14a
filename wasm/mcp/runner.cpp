#include "mcp/runner.h"

#include <algorithm>

#include "mcp/form.h"
#include "mcp/subscriptions.h"

namespace mcp {

namespace {

/// The capability that a question needs, as `ClientCapabilities`.
std::string_view capability_json(ClientFeature feature) {
  switch (feature) {
    case ClientFeature::form_elicitation: return R"({"elicitation":{"form":{}}})";
    case ClientFeature::url_elicitation: return R"({"elicitation":{"url":{}}})";
    case ClientFeature::sampling: return R"({"sampling":{}})";
    case ClientFeature::roots: return R"({"roots":{}})";
    case ClientFeature::tasks: return R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  }
  return "{}";
}

Members tool_members(const ToolResult& result, Revision revision) {
  std::string json;
  for (const Content& content : result.content) {
    if (revision < content.since && content.instead.empty()) continue;
    json += json.empty() ? R"("content":[)" : ",";
    json += content_json(content, revision);
  }
  json += json.empty() ? R"("content":[])" : "]";
  if (revision >= Revision::v2025_06_18 && !result.structured.empty()) {
    json += R"(,"structuredContent":)" + result.structured;
  }
  if (result.kind == ToolResult::Kind::error) json += R"(,"isError":true)";
  return {std::move(json)};
}

Members prompt_members(const PromptResult& result, Revision revision) {
  std::string json;
  if (!result.description.empty()) json = R"("description":)" + core::json_quote(result.description) + ',';
  json += R"("messages":[)";
  for (size_t i = 0; i < result.messages.size(); ++i) {
    const PromptMessage& message = result.messages[i];
    if (i > 0) json += ',';
    json += message.role == PromptMessage::Role::user ? R"({"role":"user","content":)"
                                                      : R"({"role":"assistant","content":)";
    json += content_json(message.content, revision) + '}';
  }
  return {json + ']'};
}

Members read_members(const ReadResult& result, core::Duration lifetime, Revision revision) {
  std::string json = R"("contents":[)";
  for (size_t i = 0; i < result.contents.size(); ++i) {
    if (i > 0) json += ',';
    json += contents_json(result.contents[i]);
  }
  json += ']';
  if (revision >= kModern) {
    json += R"(,"ttlMs":)" + std::to_string(lifetime.milliseconds) + R"(,"cacheScope":"private")";
  }
  return {std::move(json)};
}

/// What cannot be done, in the words of what was called: a tool's result, or an error.
Answered failure(const CallRecord& record, ErrorCode code, const std::string& message) {
  if (record.method == "tools/call") return tool_members(ToolResult::error(message), record.revision);
  return Error{code, message, {}};
}

/// A tool says no in a result that the model can read.
std::optional<Answered> refused(const Exchange& exchange, const CallRecord& record, Use use) {
  use.method = record.method;
  use.revision = record.revision;
  use.session_id = record.session_id;
  std::optional<Answered> no =
      refusal(exchange.gate.begin(use, exchange.caller, record.ticket, exchange.step));
  const Error* error = no ? std::get_if<Error>(&*no) : nullptr;
  return error ? failure(record, error->code, error->message) : no;
}

std::string pages_sentence(const UrlRequired& required) {
  std::string text;
  for (const UrlElicitation& page : required.pages) {
    if (!text.empty()) text += '\n';
    text += page.message + " Ask your human to open " + page.url + ", then repeat the call.";
  }
  return text;
}

Error url_elicitation_error(const UrlRequired& required) {
  std::string list;
  for (const UrlElicitation& page : required.pages) {
    if (!list.empty()) list += ',';
    list += R"({"mode":"url","elicitationId":)" + core::json_quote(page.id) + R"(,"url":)" +
            core::json_quote(page.url) + R"(,"message":)" + core::json_quote(page.message) + '}';
  }
  return {ErrorCode::url_elicitation_required, "The human has to open a page first.",
          R"({"elicitations":[)" + list + "]}"};
}

/// Turns what the author's code gave into the run's result.
class Conclusion {
 public:
  Conclusion(CallRecord& record, Call& call, Run& run) : record_(record), call_(call), run_(run) {}

  void operator()(const ToolResult& result) {
    run_.answered = tool_members(result, record_.revision);
    if (result.kind == ToolResult::Kind::error) run_.ending = Ending::failed;
  }
  void operator()(const PromptResult& result) { run_.answered = prompt_members(result, record_.revision); }
  void operator()(const Error& error) { fail(error); }
  void operator()(const UrlRequired& required) {
    // Revisions before 2025-11-25 have no pages, whatever a client declares.
    if (!call_.client_can(ClientFeature::url_elicitation) || record_.revision < Revision::v2025_11_25) {
      fail(failure(record_, ErrorCode::forbidden, pages_sentence(required)));
    } else if (record_.revision == Revision::v2025_11_25) {
      for (const UrlElicitation& page : required.pages) {
        remember_elicitation(call_.step, page.id, record_.session_id);
      }
      fail(url_elicitation_error(required));
    } else {
      for (size_t i = 0; i < required.pages.size(); ++i) {
        run_.questions.push_back({"page" + std::to_string(i + 1), required.pages[i]});
      }
    }
  }
  void operator()(const Waiting&) {
    run_.deeds = call_.deeds();
    run_.questions = call_.questions();
    run_.wants_task = call_.wants_task();
    if (call_.missing() && run_.deeds.empty()) {
      const std::string capability(capability_json(*call_.missing()));
      fail(record_.revision >= kModern
               ? Answered(missing_capability(capability))
               : failure(record_, ErrorCode::invalid_params,
                         "The client has not declared that it can be asked: " + capability + "."));
    } else if (run_.deeds.empty() && run_.questions.empty() && !run_.wants_task) {
      fail(Error{ErrorCode::internal_error, "The call waits for nothing.", {}});
    }
  }

 private:
  void fail(Answered answered) {
    run_.answered = std::move(answered);
    run_.ending = Ending::failed;
  }

  CallRecord& record_;
  Call& call_;
  Run& run_;
};

Run finish(Run run, Call& call, CallRecord& record) {
  run.told = call.told();
  record.told = std::max(record.told, call.telling());
  return run;
}

Run failed(Answered answer) {
  Run run;
  run.answered = std::move(answer);
  run.ending = Ending::failed;
  return run;
}

/// The gate hears how a run came out that it let through.
Run settled(const Exchange& exchange, CallRecord& record, Run run) {
  if (!run.answered) {
    const bool effect = std::any_of(run.deeds.begin(), run.deeds.end(), [](const Call::Deed& deed) {
      return !std::holds_alternative<core::Sleep>(deed.effect);
    });
    record.ticket = exchange.gate.waits(effect ? WaitsFor::effect : WaitsFor::client, exchange.step);
    return run;
  }
  std::string meta = exchange.gate.ended(run.ending, exchange.step);
  Members* members = std::get_if<Members>(&*run.answered);
  if (members && record.method == "tools/call") members->meta = std::move(meta);
  return run;
}

/// `arguments`, or an empty object where there are none; nothing where they are something else.
std::optional<core::JsonView> arguments_of(core::JsonView params) {
  const std::optional<core::JsonView> given = core::member(params, "arguments");
  if (!given) return core::empty_object();
  return given->is_object() ? given : std::nullopt;
}

// ---- One for each method ----

Run run_tool(const Exchange& exchange, CallRecord& record, core::JsonView params) {
  const std::optional<std::string_view> name = core::string_member(params, "name");
  if (!name) return failed(invalid_params("name must be the name of a tool"));
  const Tool* tool = exchange.catalogue.find_tool(*name, exchange.config);
  if (!tool) return failed(invalid_params("unknown tool " + core::json_quote(*name)));
  const std::optional<core::JsonView> arguments = arguments_of(params);
  if (!arguments) return failed(invalid_params("arguments must be an object"));

  if (tool->tasks == TaskSupport::required && !record.features.has(ClientFeature::tasks)) {
    const std::string_view capability = capability_json(ClientFeature::tasks);
    if (record.revision >= kModern) return failed(missing_capability(capability));
    return failed(invalid_params("this tool is for clients that know " + std::string(capability)));
  }
  Use use{tool->name, tool->scope, tool->availability};
  use.title = tool->title;
  use.privacy = tool->privacy;
  use.arguments = *arguments;
  if (std::optional<Answered> no = refused(exchange, record, use))
    return settled(exchange, record, failed(*std::move(no)));
  if (std::optional<std::string> problems = exchange.catalogue.argument_problems(*tool, *arguments)) {
    return settled(exchange, record, failed(tool_members(ToolResult::error(*problems), record.revision)));
  }
  Call call(record, *arguments, tool->tasks, exchange.caller, exchange.config, exchange.step, exchange.gate);
  Run run;
  std::visit(Conclusion(record, call, run), tool->run(call));
  return settled(exchange, record, finish(std::move(run), call, record));
}

/// Nothing where the arguments are what the prompt takes.
std::optional<Error> prompt_problem(const Prompt& prompt, core::JsonView arguments) {
  for (const PromptArgument& argument : prompt.arguments) {
    const std::optional<core::JsonView> value = core::member(arguments, argument.name);
    if (!value && argument.presence == PromptArgument::Presence::required) {
      return invalid_params("the prompt needs the argument " + std::string(argument.name) + ", " +
                            std::string(argument.description));
    }
  }
  for (const auto& field : core::JsonObject(arguments.get_object().value_unsafe())) {
    if (!field.value.is_string()) return invalid_params("the arguments of a prompt are strings");
  }
  return std::nullopt;
}

Run run_prompt(const Exchange& exchange, CallRecord& record, core::JsonView params) {
  const std::optional<std::string_view> name = core::string_member(params, "name");
  if (!name) return failed(invalid_params("name must be the name of a prompt"));
  const Prompt* prompt = exchange.catalogue.find_prompt(*name, exchange.config);
  if (!prompt) return failed(invalid_params("unknown prompt " + core::json_quote(*name)));
  const std::optional<core::JsonView> arguments = arguments_of(params);
  if (!arguments) return failed(invalid_params("arguments must be an object"));
  Use use{prompt->name, prompt->scope, prompt->availability};
  use.title = prompt->title;
  use.arguments = *arguments;
  if (std::optional<Answered> no = refused(exchange, record, use))
    return settled(exchange, record, failed(*std::move(no)));
  if (std::optional<Error> problem = prompt_problem(*prompt, *arguments))
    return settled(exchange, record, failed(*std::move(problem)));

  Call call(record, *arguments, TaskSupport::none, exchange.caller, exchange.config, exchange.step,
            exchange.gate);
  Run run;
  std::visit(Conclusion(record, call, run), prompt->get(call));
  return settled(exchange, record, finish(std::move(run), call, record));
}

Error not_found(std::string_view uri, Revision revision) {
  return {revision >= kModern ? ErrorCode::invalid_params : ErrorCode::resource_not_found,
          "Resource not found: " + std::string(uri) + ".", R"({"uri":)" + core::json_quote(uri) + '}'};
}

Run run_read(const Exchange& exchange, CallRecord& record, core::JsonView params) {
  const std::optional<std::string_view> uri = core::string_member(params, "uri");
  if (!uri) return failed(invalid_params("uri must be the URI of a resource"));
  const Resource* resource = exchange.catalogue.find_resource(*uri, exchange.config);
  std::optional<Catalogue::Templated> templated;
  if (!resource) templated = exchange.catalogue.find_template(*uri, exchange.config);
  if (!resource && !templated) return failed(not_found(*uri, record.revision));
  Use use =
      resource ? Use{resource->uri, resource->scope, resource->availability}
               : Use{templated->entry->uri_template, templated->entry->scope, templated->entry->availability};
  use.arguments = core::member(params, "uri");
  if (std::optional<Answered> no = refused(exchange, record, use))
    return settled(exchange, record, failed(*std::move(no)));

  Call call(record, core::empty_object(), TaskSupport::none, exchange.caller, exchange.config, exchange.step,
            exchange.gate);
  const ReadOutcome outcome =
      resource ? resource->read(call) : templated->entry->read(call, templated->variables);
  const core::Duration lifetime = resource ? resource->lifetime : templated->entry->lifetime;
  Run run;
  Conclusion conclude(record, call, run);
  std::visit(core::Overloaded{[&](const ReadResult& result) {
                                run.answered = read_members(result, lifetime, record.revision);
                              },
                              [&](const NotFound&) { conclude(not_found(*uri, record.revision)); },
                              [&](const auto& other) { conclude(other); }},
             outcome);
  return settled(exchange, record, finish(std::move(run), call, record));
}

}  // namespace

Run run_call(const Exchange& exchange, CallRecord& record, core::JsonView params) {
  if (record.method == "tools/call") return run_tool(exchange, record, params);
  if (record.method == "prompts/get") return run_prompt(exchange, record, params);
  return run_read(exchange, record, params);
}

const Tool* called_tool(const Exchange& exchange, std::string_view method, core::JsonView params) {
  if (method != "tools/call") return nullptr;
  return exchange.catalogue.find_tool(core::string_member(params, "name").value_or(""), exchange.config);
}

QuestionText question_text(const InputRequest& request, Revision revision) {
  return std::visit(
      core::Overloaded{
          [&](const FormElicitation& form) {
            // `mode` came with URL elicitation.
            const std::string mode = revision >= Revision::v2025_11_25 ? R"("mode":"form",)" : "";
            return QuestionText{"elicitation/create",
                                '{' + mode + R"("message":)" + core::json_quote(form.message) +
                                    R"(,"requestedSchema":)" + form_schema_in(form.schema, revision) + '}'};
          },
          [&](const UrlElicitation& page) {
            std::string params = R"({"mode":"url","message":)" + core::json_quote(page.message) +
                                 R"(,"url":)" + core::json_quote(page.url);
            if (revision < kModern) params += R"(,"elicitationId":)" + core::json_quote(page.id);
            return QuestionText{"elicitation/create", params + '}'};
          },
          [&](const Sampling& sampling) {
            return QuestionText{"sampling/createMessage", sampling.params};
          },
          [&](const ListRoots&) {
            return QuestionText{"roots/list", "{}"};
          },
      },
      request);
}

std::string input_requests(const std::vector<Call::Question>& questions) {
  std::string json;
  for (const Call::Question& question : questions) {
    const QuestionText text = question_text(question.request, kModern);
    json += json.empty() ? "{" : ",";
    json += core::json_quote(question.key) + R"(:{"method":)" + core::json_quote(text.method) +
            R"(,"params":)" + text.params + '}';
  }
  return json + '}';
}

std::vector<std::string> keys_of(const std::vector<Call::Question>& questions) {
  std::vector<std::string> keys;
  for (const Call::Question& question : questions) keys.push_back(question.key);
  return keys;
}

}  // namespace mcp

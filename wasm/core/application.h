// What a module is built of: an application that turns one input into one output. The exports in
// core/module.cpp make it a WebAssembly module; tests call it as it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/config.h"
#include "core/step.h"

namespace core {

class Application {
 public:
  virtual ~Application() = default;
  /// One step. The request's line for the log is made here, and the trace goes on with what is fetched.
  Outcome handle(Input input, Context& step);
  /// The OAuth scopes that there are, with spaces between them: the OAuth provider announces them.
  virtual std::string scopes() const { return {}; }
  /// Makes a decision of the audit trail again: its input as it stands in an entry gives the decision as it
  /// stands there, or nothing where the text is no input.
  virtual std::string replay(std::string_view) const { return {}; }

 protected:
  explicit Application(Reporting reporting) : reporting_(reporting) {}
  /// What this application does with an input.
  virtual Outcome answer(const Input& input, Context& step) = 0;

 private:
  const Reporting reporting_;
};

/// Each module defines this once.
std::unique_ptr<Application> make_application(Config config, Crypto& crypto);

/// One step: an encoded input gives an encoded output. `storage` is null in the Worker and a principal's own
/// in its object. Bytes that are no input give a 500 response.
std::string run_step(Application& application, std::string_view input, Crypto& crypto, Storage* storage);

}  // namespace core

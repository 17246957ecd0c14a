// The Todo API: the downstream API of the second system, which takes nothing but the access tokens that its
// issuer made for it. A Worker of its own; each person's list is in an object of its own.
//
//   in the Worker   route -> token -> (the issuer's metadata, once) -> scope, body -> the person's object
//   in the object   one call -> the list as it is then, and its answer
//
// The object's name is a hash of issuer and subject out of a verified token, so that nobody unknown ever
// makes one. It believes what the Worker tells it, for nobody else can call it: no header of a client gets
// there.
#pragma once

#include <string>

#include "core/application.h"
#include "identity/bearer.h"
#include "todo_api/routes.h"

namespace todo_api {

class TodoApi final : public core::Application {
 public:
  TodoApi(core::Config config, core::Crypto& crypto);

 private:
  core::Outcome answer(const core::Input& input, core::Context& step) override;
  core::Outcome on(const core::EdgeRequest& input, core::Context& step);
  core::Outcome on(const core::Resume& input, core::Context& step);
  core::Outcome on(const core::PrincipalCall& input, core::Context& step);
  core::Outcome on(const core::Wake& input, core::Context& step);
  core::Outcome on(const core::Fault& input, core::Context& step);
  core::Outcome on(const core::PrincipalRequest& input, core::Context& step);
  /// What this application never asked for: it has no streams, no flows in the background, no alarm and no
  /// vault.
  template <typename Other>
  core::Outcome on(const Other&, core::Context&) {
    return core::Reply{};
  }

  core::Outcome answer_everybody(const Route& route, const core::Url& url) const;
  core::Outcome discovered(const core::Request& request, const std::vector<core::EffectResult>& results);
  /// Asks for the verification of the request's token, and for its body, if it was not read yet.
  core::Outcome verify(const core::Request& request) const;
  core::Outcome verified(const core::Request& request, const core::EffectResult& result);
  /// The keys could not be had: they may have moved. Where they were stays known until then, for others,
  /// whose keys are known.
  core::Outcome discovered_again(const core::Request& request,
                                 const std::vector<core::EffectResult>& results);
  core::Response no_keys() const;
  /// The path of the resource comes after the well-known one (RFC 9728 section 3.1).
  std::string metadata_path() const;
  /// At the resource's address where its name is one, else where the request came to.
  std::string metadata_url(std::string_view request_url) const;
  core::Response unauthorized(const identity::BearerRefusal& refusal, const core::Request& request) const;
  core::Response forbidden(std::string_view scope, const core::Request& request) const;

  const core::Config config_;
  core::Crypto& crypto_;
  /// What keeps this deployment from serving.
  const std::vector<core::Config::Problem> problems_;
  const identity::TokenPolicy policy_;
  /// Where the issuer's keys are, once it is known. May be lost: it is asked for again.
  std::string jwks_uri_;
};

}  // namespace todo_api

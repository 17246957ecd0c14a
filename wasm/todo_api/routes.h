// The addresses of this API, what each needs, and what it does. wasm/todo_api/openapi.json says the same to
// others.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace todo_api {

inline constexpr std::string_view kReadScope = "todo_api:read";
inline constexpr std::string_view kWriteScope = "todo_api:write";

enum class Operation { about, document, metadata, list, changes, add, complete, remove };

inline constexpr std::string_view kTodosPath = "/api/todos";
/// RFC 9728 section 3.1.
inline constexpr std::string_view kMetadataPath = "/.well-known/oauth-protected-resource";

struct Route {
  std::string_view method;
  std::string_view path;
  Operation operation;
  /// Empty: it is for everybody.
  std::string_view scope = {};
};
/// HEAD is GET without the content. A path that ends with a slash goes on with an id.
inline constexpr std::array kRoutes = {
    Route{"GET", "/", Operation::about},
    Route{"GET", "/openapi.json", Operation::document},
    Route{"GET", kMetadataPath, Operation::metadata},
    Route{"GET", kTodosPath, Operation::list, kReadScope},
    Route{"POST", kTodosPath, Operation::add, kWriteScope},
    Route{"PATCH", "/api/todos/", Operation::complete, kWriteScope},
    Route{"DELETE", "/api/todos/", Operation::remove, kWriteScope},
    Route{"GET", "/api/changes", Operation::changes, kReadScope},
};

struct Found {
  /// None where the address does not know the method.
  const Route* route = nullptr;
  /// The methods that it knows; empty where there is no such address.
  std::string allow;
  std::string id;
};
Found find_route(std::string_view method, std::string_view path);

}  // namespace todo_api

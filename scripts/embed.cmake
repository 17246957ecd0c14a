# Writes the files named in FILES as string constants to OUT: NAMESPACE::file("consent.html"), which HEADER declares,
# finds them.
set(code "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\nstd::string_view file(std::string_view name) {\n")
foreach(path IN LISTS FILES)
  get_filename_component(name "${path}" NAME)
  file(READ "${path}" text)
  # A script without its comments, each of which has lines of its own, and without indentation.
  if(name MATCHES "\\.js$")
    string(REGEX REPLACE "\n *(//|/\\*\\*)[^\n]*" "" text "${text}")
    string(REGEX REPLACE "\n[\n ]+" "\n" text "${text}")
  endif()
  string(APPEND code "  if (name == \"${name}\") return R\"~web~(${text})~web~\";\n")
endforeach()
string(APPEND code "  return {};\n}\n\n}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUT}" "${code}")

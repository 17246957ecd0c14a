// The tests' main function, and what records them. Built without the precompiled header: version 2 makes it
// by a macro that comes before.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

int main(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}
#else
// GCC 12 suspects its own <regex> under sanitizers.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#include "../transcripts/tape.h"

namespace {

#if __has_include(<catch2/catch_all.hpp>)
using Listener = Catch::EventListenerBase;
#else
using Listener = Catch::TestEventListenerBase;
#endif

/// Tells the tape which test of the protocol runs, and which way it takes.
struct Recorder : Listener {
  using Listener::Listener;

  void testCaseStarting(const Catch::TestCaseInfo& test) override {
    Listener::testCaseStarting(test);
    depth = 0;
    const std::string_view file = test.lineInfo.file;
    for (const std::string_view kind : {"/mcp_", "/module_"}) {
      if (file.find(kind) != std::string_view::npos) transcripts::begin_test(test.name);
    }
  }
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    Listener::testCaseEnded(stats);
    transcripts::end_test();
  }
  /// A test is a section itself, each time that it is run.
  void sectionStarting(const Catch::SectionInfo& section) override {
    Listener::sectionStarting(section);
    transcripts::note(depth++ == 0 ? transcripts::Kind::run : transcripts::Kind::section, section.name);
  }
  void sectionEnded(const Catch::SectionStats& stats) override {
    Listener::sectionEnded(stats);
    --depth;
  }

  int depth = 0;
};
CATCH_REGISTER_LISTENER(Recorder)

}  // namespace

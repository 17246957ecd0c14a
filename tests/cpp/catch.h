// Catch2, version 2 or 3, whichever is installed. Precompiled.
#pragma once

#ifdef __EMSCRIPTEN__
#include "../transcripts/replayed_catch.h"
#elif __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

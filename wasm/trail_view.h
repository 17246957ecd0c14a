// The audit trail as a human reads it: a sentence for each entry, and all of it, as JSON for the page's
// script.
#pragma once

#include <string>

#include "authority/audit.h"
#include "authority/sentence.h"
#include "core/storage.h"

/// Its sentence goes on from the deputy's name (`client`), or stands alone where there is none.
std::string entry_view(const authority::Row& row, const authority::Vocabulary& words, core::Storage& storage);

// Statements on real SQLite, as workerd runs them. For the tests and for the model, whose storages differ in
// what they keep prepared.
#pragma once

#include <sqlite3.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "core/storage.h"
#include "core/wire.h"

namespace sqlite {

/// A prepared statement, run to its end: its rows as `core::Rows` reads them. Integers are bound as doubles,
/// so that one that only works with integers fails here too. A statement that fails throws.
inline std::string rows_of(sqlite3_stmt* statement, std::initializer_list<core::Value> parameters) {
  const auto fail = [&](const std::string& why) {
    throw std::runtime_error(why + " in: " + sqlite3_sql(statement));
  };
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(parameters.size())) {
    fail("wrong number of parameters");
  }
  int index = 0;
  for (const core::Value& value : parameters) {
    ++index;
    int state = SQLITE_OK;
    if (const int64_t* integer = std::get_if<int64_t>(&value)) {
      state = sqlite3_bind_double(statement, index, static_cast<double>(*integer));
    } else if (const std::string_view* text = std::get_if<std::string_view>(&value)) {
      // An empty view may have no address, which SQLite would take for NULL.
      const char* data = text->empty() ? "" : text->data();
      state = sqlite3_bind_text(statement, index, data, static_cast<int>(text->size()), SQLITE_STATIC);
    } else {
      state = sqlite3_bind_null(statement, index);
    }
    if (state != SQLITE_OK) fail(sqlite3_errmsg(sqlite3_db_handle(statement)));
  }

  const int columns = sqlite3_column_count(statement);
  uint32_t rows = 0;
  core::WireWriter values;
  int state;
  while ((state = sqlite3_step(statement)) == SQLITE_ROW) {
    ++rows;
    for (int column = 0; column < columns; ++column) {
      switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL: values.u8(0); break;
        case SQLITE_INTEGER:
        case SQLITE_FLOAT:
          values.u8(1);
          values.f64(sqlite3_column_double(statement, column));
          break;
        default:
          values.u8(2);
          values.bytes({reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                        static_cast<size_t>(sqlite3_column_bytes(statement, column))});
      }
    }
  }
  if (state != SQLITE_DONE) fail(sqlite3_errmsg(sqlite3_db_handle(statement)));
  core::WireWriter encoded;
  encoded.u32(static_cast<uint32_t>(columns));
  encoded.u32(rows);
  encoded.append(values.str());
  return encoded.take();
}

}  // namespace sqlite

/// @file
/// A field in the hands of ecCodes. Inside of `io/grib` only.
#pragma once
#include "runtime/base/result.hpp"

#include <eccodes.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::io::grib {
/// One decoded header; owns the bytes that ecCodes looks at. For one thread at a time.
class Handle {
 public:
  /// `bad_input` if ecCodes does not understand the bytes.
  static runtime::Result<Handle> of(std::vector<std::byte> message, const std::string& where);

  /// Empty where the message lacks the key.
  std::optional<std::int64_t> integer(const char* key) const;
  std::optional<double> number(const char* key) const;
  /// "undef" where the message lacks the key.
  std::string text(const char* key) const;
  runtime::Result<std::vector<double>> numbers(const char* key) const;
  void set(const char* key, double value) { codes_set_double(handle_.get(), key, value); }

 private:
  std::vector<std::byte> bytes_;
  std::unique_ptr<codes_handle, int (*)(codes_handle*)> handle_{nullptr, codes_handle_delete};
  std::string where_;
};
}  // namespace tessera::io::grib

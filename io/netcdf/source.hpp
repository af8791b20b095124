/// @file
/// A file in the hands of libnetcdf. Inside of `io/netcdf` only.
#pragma once
#include "io/variable.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tessera::io::netcdf {
struct StoredDimension {
  std::string name;
  std::int64_t length = 0;
  bool unlimited = false;
};

struct StoredVariable {
  int id = 0;
  std::string name;
  std::optional<arrays::Dtype> dtype;  ///< Empty for what is not a number: text, compound types.
  std::vector<std::string> dimensions;
  arrays::Shape shape;
  Attributes attributes;
};

/// Everything but values. Of a netCDF-4 file, the root group.
struct Header {
  std::string path;
  std::vector<StoredDimension> dimensions;
  std::vector<StoredVariable> variables;
  Attributes attributes;
  int groups = 0;

  const StoredVariable* variable(const std::string& name) const;
  const StoredDimension* dimension(const std::string& name) const;
};

/// An open file. The library takes one thread at a time: while a source lives, no other thread has one. A thread has one at most.
class Source {
 public:
  static runtime::Result<Source> open(const std::string& path);
  Source(Source&& other) noexcept;
  Source& operator=(Source&&) = delete;
  ~Source();

  runtime::Result<Header> header() const;
  /// `bad_input` if there is no variable of that name.
  runtime::Result<StoredVariable> variable(const std::string& name) const;
  /// The values of a box as they are stored, in the order of this machine's bytes.
  runtime::Result<arrays::Block> values(const StoredVariable& of, arrays::ShapeView start, arrays::ShapeView count) const;

 private:
  Source(std::string path, std::unique_lock<std::mutex> lock, int id);
  runtime::Failure failed(const std::string& what, int status) const;
  runtime::Result<StoredVariable> variable(int id) const;
  runtime::Result<Attributes> attributes(int variable, int count) const;
  std::string path_;
  std::unique_lock<std::mutex> lock_;
  int id_ = -1;
};
}  // namespace tessera::io::netcdf

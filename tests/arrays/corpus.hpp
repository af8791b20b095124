// The oracle corpus: tests/arrays/corpus/*.npz, which tests/oracles/arrays.py computes with NumPy. How a file is laid out stands in
// tests/oracles/corpus.py.
#pragma once
#include "arrays/block.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace tessera::corpus {
/// One file, e.g. "statistical".
class File {
 public:
  explicit File(const std::string& name);
  const std::string& name() const { return name_; }
  const nlohmann::json& cases() const { return text_["cases"]; }
  /// By its number in the file.
  arrays::Block array(std::size_t number) const;

 private:
  std::string name_;
  nlohmann::json text_;
  std::map<std::string, arrays::Block> values_;
};

/// The names of all files, in order.
std::vector<std::string> names();
/// For messages: the file, the case's number, and what it calls.
std::string title(const File& file, std::size_t number);
/// Where `got` is not what a case wants, as near as it wants it; empty if it is. NaNs are equal.
std::string difference(const arrays::Block& got, const arrays::Block& want, const nlohmann::json& which);

/// How many cases of each function did what; what is expected of them stands in the tests.
struct Tally {
  std::map<std::string, std::size_t> passed, unknown;  ///< By function. Unknown: the runner does not know the function yet.
  std::vector<std::string> failed;                     ///< A sentence each.
  std::size_t count(const std::map<std::string, std::size_t>& of) const;
  /// "sum 12, prod 3".
  static std::string list(const std::map<std::string, std::size_t>& of);
};
}  // namespace tessera::corpus

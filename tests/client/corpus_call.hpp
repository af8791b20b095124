// A case of the oracle corpus (tests/arrays/corpus.hpp) as expressions of the public functions.
#pragma once
#include "client/array.hpp"
#include "client/xp/statistics.hpp"
#include "tests/arrays/corpus.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tessera::corpus {
/// The runner does not know how to do the case: neither right nor wrong.
struct Unknown {};

/// What a function gives: arrays, or something else in `plain`.
struct Results {
  std::vector<Array> arrays;
  nlohmann::json plain;
};

/// Calls what the case `number` says, its arrays in the chunks of one of its chunkings. Throws `Error` where the library refuses, `Unknown`
/// where there is no such function here.
Results call(const File& file, std::size_t number, const nlohmann::json& chunking);
}  // namespace tessera::corpus

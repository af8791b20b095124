// Any bytes as a .npy or .npz file: refused, or blocks that are the same when they are written and read again.
#include "io/npy/npy.hpp"

#include "fuzz.hpp"

#include <string>

namespace {
using namespace tessera;

void check_same_again(const arrays::Block& block) {
  const std::string header = io::npy::header_of(block.dtype(), block.shape());
  const auto begin = std::as_bytes(std::span(header));
  std::vector<std::byte> bytes(begin.begin(), begin.end());
  bytes.insert(bytes.end(), block.raw().begin(), block.raw().end());
  const auto again = io::npy::decode(bytes, "written");
  fuzz::require(again && *again == block, "what was read is read again");
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::bytes(data, size);
  if (const auto block = io::npy::decode(bytes, "fuzzed")) {
    fuzz::require(block->raw().size() < size, "a block has no more than the bytes of its file");
    check_same_again(*block);
  }
  if (const auto all = io::npy::decode_archive(bytes, "fuzzed", runtime::mib(1))) {
    std::uint64_t sum = 0;
    for (const auto& [name, block] : *all) {
      sum += block.raw().size();
      check_same_again(block);
    }
    fuzz::require(sum <= std::max<std::uint64_t>(runtime::mib(1).value, (size + 1) * io::npy::expansion_max), "an archive keeps the bound");
  }
  return 0;
}

// Any bytes as a block: refused, or a block whose data can be read to its end.
#include "arrays/block.hpp"

#include "fuzz.hpp"

#include <numeric>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera;
  // Shifted by one byte the same block cannot be shared and is copied.
  for (const std::size_t shift : {0, 1}) {
    auto kept = std::make_shared<std::vector<std::byte>>(fuzz::copy(data, size));
    kept->insert(kept->begin(), shift, std::byte{0});
    const auto block = arrays::Block::decode({kept, std::span(*kept).subspan(shift)});
    if (!block) continue;
    fuzz::require(block->raw().size() == static_cast<std::size_t>(block->size()) * arrays::size_bytes(block->dtype()), "its data has its size");
    fuzz::require(arrays::element_count(block->shape()) == block->size(), "its shape is that of its data");
    volatile unsigned sum = 0;
    for (const std::byte one : block->raw()) sum = sum + std::to_integer<unsigned>(one);
    const auto again = arrays::Block::decode(block->encoded());
    fuzz::require(static_cast<bool>(again) && *again == *block, "it can be sent and read again");
  }
  return 0;
}

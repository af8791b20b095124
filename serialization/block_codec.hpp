/// @file
/// Blocks as values of chunks and parameters: what travels is the block's own memory.
#pragma once
#include "arrays/block.hpp"
#include "serialization/codec.hpp"

#include <vector>

template <>
struct tessera::serialization::Codec<tessera::arrays::Block> {
  static constexpr std::size_t least_bytes = 8 + 64;
  static std::string name() { return arrays::Block::type_name; }

  static runtime::SharedBytes encode(const arrays::Block& block) { return block.encoded(); }
  static runtime::Result<arrays::Block> decode(const runtime::SharedBytes& bytes) { return arrays::Block::decode(bytes); }

  /// Inside of another value a block is copied.
  static void write(Writer& writer, const arrays::Block& block) {
    const auto bytes = block.encoded().bytes;
    writer.size(bytes.size());
    writer.raw(bytes.data(), bytes.size());
  }
  static arrays::Block read(Reader& reader) {
    const auto bytes = reader.raw(reader.size(1));
    auto block = arrays::Block::decode(runtime::SharedBytes::of({bytes.begin(), bytes.end()}));
    if (!block) throw DecodeError(block.failure().message);
    return std::move(*block);
  }
};

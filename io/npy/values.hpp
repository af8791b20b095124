/// @file
/// From values as a `.npy` file has them to a block.
#pragma once
#include "arrays/block.hpp"
#include "io/npy/header.hpp"

#include <string>

namespace tessera::io::npy {
/// The block of values that lie in `as_stored` in the file's order and with its bytes. `bad_input` for a bool that is neither 0 nor 1.
runtime::Result<arrays::Block> arrange(const Header& header, arrays::BlockBuilder as_stored, const std::string& where);
}  // namespace tessera::io::npy

/// @file
/// The JSON that describes a Zarr store of version 2, and the names and bytes of its chunks. Inside of `io/zarr` only.
#pragma once
#include "io/zarr/store.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace tessera::io::zarr {
/// The most bytes that Blosc takes.
inline constexpr std::int64_t chunk_bytes_max = 2147483647 - 16;

/// `path` without slashes at its end, and where it is written before it is finished.
std::string store_name(const std::string& path);
std::string part_name(const std::string& path);
/// "0.3.1"; "0" for an array without dimensions.
std::string chunk_name(const Array& array, arrays::ShapeView index);
/// Why no store can hold the array.
runtime::Result<void> check(const Array& array);
bool is_chunk(const Array& array, arrays::ShapeView index);
/// Elements of a whole chunk, edge or not.
std::int64_t chunk_elements(const Array& array);
/// Fills a block's data with the array's fill value, 0 if it has none.
void put_fill(const Array& array, std::span<std::byte> data);

std::string group_json();
std::string array_json(const Array& array);
/// Of a group if `dimensions` is null.
std::string attributes_json(const Attributes& attributes, const std::vector<std::string>* dimensions);
/// The texts of all metadata files by name, as one; and back.
runtime::Result<std::string> consolidate(const std::map<std::string, std::string>& texts);
runtime::Result<std::map<std::string, std::string>> consolidated(const std::string& text);

runtime::Result<Array> parse_array(const std::string& name, const std::string& zarray, const std::string& zattrs);
runtime::Result<Attributes> parse_attributes(const std::string& zattrs);
}  // namespace tessera::io::zarr

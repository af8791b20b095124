// The examples that draw: their pictures are those of the whole arrays, whatever the chunks and processes.
#include "tests/examples/programs.hpp"

#include <png.h>

#include <array>

namespace {
using namespace programs;

struct Picture {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> bytes;
  std::array<int, 3> at(std::int64_t row, std::int64_t column) const {
    const auto first = static_cast<std::size_t>(3 * (row * width + column));
    return {bytes.at(first), bytes.at(first + 1), bytes.at(first + 2)};
  }
};
Picture read(const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  BOOST_REQUIRE(png_image_begin_read_from_file(&image, path.c_str()) != 0);
  image.format = PNG_FORMAT_RGB;
  Picture picture{image.width, image.height, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  BOOST_REQUIRE(png_image_finish_read(&image, nullptr, picture.bytes.data(), 0, nullptr) != 0);
  return picture;
}

/// What the program draws with these arguments.
std::string drawn(const std::string& program, const std::string& arguments) {
  const Folder folder;
  const Ended ended = run(program + " --output " + (folder / "picture.png") + " " + arguments);
  BOOST_TEST(ended.code == 0, ended.text);
  return content(folder / "picture.png");
}
}  // namespace

BOOST_AUTO_TEST_SUITE(examples_pictures)

BOOST_AUTO_TEST_CASE(A12_the_mandelbrot_set_is_the_same_in_any_chunks_and_processes) {
  const std::string size = "--width 96 --height 64 --steps 200";
  const std::string one = drawn(MANDELBROT, size + " --chunk 96");
  BOOST_TEST((drawn(MANDELBROT, size + " --chunk 17") == one));
  BOOST_TEST((drawn(MANDELBROT, size + " --chunk 40 --processes 2") == one));
  const Folder folder;
  const Ended ended = run(MANDELBROT " " + size + " --chunk 32 --output " + (folder / "set.png"));
  BOOST_TEST(ended.says("96 x 64 pixels in 6 chunks"), ended.text);
  const Picture picture = read(folder / "set.png");
  BOOST_TEST((picture.width == 96 && picture.height == 64));
  const std::array<int, 3> stays{0, 0, 0};
  BOOST_TEST((picture.at(32, 60) == stays));  // Near -0.1, in the heart.
  BOOST_TEST((picture.at(32, 38) == stays));  // Near -1, in the disk beside it.
  BOOST_TEST((picture.at(2, 2) != stays));
  BOOST_TEST((picture.at(10, 60) == picture.at(53, 60)));  // The set is its own mirror image.
}

BOOST_AUTO_TEST_CASE(A10_the_game_of_life_is_the_same_in_any_chunks_and_processes) {
  const std::string size = "--width 40 --height 30 --generations 25 --scale 1";
  const std::string one = drawn(LIFE, size + " --chunk 40");
  BOOST_TEST((drawn(LIFE, size + " --chunk 7") == one));
  BOOST_TEST((drawn(LIFE, size + " --chunk 1000") == one));
  BOOST_TEST((drawn(LIFE, size + " --chunk 16 --processes 2") == one));
  BOOST_TEST((drawn(LIFE, size + " --seed 2") != one));
}

BOOST_AUTO_TEST_CASE(the_game_of_life_has_conways_rules) {
  // A full torus dies at once, as each cell has eight neighbours; an empty one stays empty.
  const Folder folder;
  const std::string size = "--width 9 --height 9 --chunk 4 --scale 1 --output " + (folder / "life.png");
  BOOST_TEST(run(LIFE " --density 1 --generations 0 " + size).says("81 of 81 cells live after 0 generations, in 9 chunks"));
  BOOST_TEST(run(LIFE " --density 1 --generations 1 " + size).says(" 0 of 81 cells live after 1 generations"));
  BOOST_TEST(run(LIFE " --density 0 --generations 3 " + size).says(" 0 of 81 cells live after 3 generations"));
  // Cells of one generation decide those of the next, cell by cell.
  const auto living = [&](int generations) {
    BOOST_TEST(run(LIFE " --density 0.35 --generations " + std::to_string(generations) + " " + size).code == 0);
    const Picture picture = read(folder / "life.png");
    std::array<std::array<bool, 9>, 9> cells;
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t j = 0; j < 9; ++j) cells[i][j] = picture.at(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j))[0] == 255;
    return cells;
  };
  const auto before = living(0), after = living(1);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) {
      int neighbours = 0;
      for (std::size_t a = 8; a <= 10; ++a)
        for (std::size_t b = 8; b <= 10; ++b) neighbours += (a != 9 || b != 9) && before[(i + a) % 9][(j + b) % 9];
      BOOST_TEST(after[i][j] == (neighbours == 3 || (neighbours == 2 && before[i][j])), i << ", " << j);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_drawn_is_said_in_a_sentence) {
  const Ended nowhere = run(MANDELBROT " --width 4 --height 4 --output /nowhere/set.png");
  BOOST_TEST(nowhere.code == 1);
  BOOST_TEST(nowhere.says("mandelbrot: the picture /nowhere/set.png cannot be written"), nowhere.text);
  BOOST_TEST(run(LIFE " --chunk 0").code == 2);
}

BOOST_AUTO_TEST_SUITE_END()

# cmake -DFROM=page -DTO=page.cpp -P: page.html with its parts in it as two strings of C++, before and after the data.
file(READ ${FROM}/page.html page)
foreach(part page.css model.js draw.js page.js)
  file(READ ${FROM}/${part} text)
  string(REPLACE "@${part}@" "${text}" page "${page}")
endforeach()
string(REPLACE "@data@" ")tessera\";\nconst std::string_view page_end = R\"tessera(" page "${page}")
file(WRITE ${TO} "#include <string_view>
namespace tessera::simulation::picture {
extern const std::string_view page_begin, page_end;
const std::string_view page_begin = R\"tessera(${page})tessera\";
}  // namespace tessera::simulation::picture
")

# gw_library(NAME SOURCES a.c ... [LINK targets ...]): a static library of our own code.
function(gw_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE gw_own_code)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/lib)
endfunction()

# gw_program(NAME SOURCES a.c ... [LINK targets ...]): an executable of our own code.
function(gw_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} gw_own_code)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# A test's name starts with its label and then its folder: unit_loop_timer, component_cli_tables.
#
# gw_unit_test(NAME SOURCES a.c ... [LINK ...]): a cmocka program, one ctest entry, label "unit".
function(gw_unit_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} gw_own_code PkgConfig::CMOCKA)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR})
  add_test(NAME ${name} COMMAND ${name})
  gw_test_properties(${name} LABEL ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()

# gw_script_test(NAME COMMAND ... LABEL l TIMEOUT s): any program as a ctest entry. It is told the
# build folder as GW_BUILD_DIR and the source tree as GW_SOURCE_DIR.
function(gw_script_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${ARG_COMMAND})
  gw_test_properties(${name} LABEL ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()

function(gw_test_properties name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "" ${ARGN})
  if(NOT name MATCHES "^${ARG_LABEL}_")
    message(FATAL_ERROR "test ${name} has label ${ARG_LABEL}: name it ${ARG_LABEL}_...")
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT "GW_BUILD_DIR=${CMAKE_BINARY_DIR};GW_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

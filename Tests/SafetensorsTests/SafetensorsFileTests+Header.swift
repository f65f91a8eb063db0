import Foundation
import TestSupport
import Testing

@testable import Safetensors

/// Headers that are refused.
extension SafetensorsFileTests {
  @Test("a header's length beyond the file or beyond the format's limit")
  func headerLength() throws {
    let valid = safetensors("{}")
    #expect(try refusal(valid) == "opened")
    #expect(
      try refusal([3] + valid.dropFirst())
        == "header length 3 goes beyond the file's 10 bytes (truncated, or not a safetensors file)")
    #expect(
      try refusal([UInt8](repeating: 0xFF, count: 32))
        == "expected a header of at most 100000000 bytes, found a header length of "
        + "18446744073709551615"
    )
  }

  @Test(
    "a header that is not what the format asks for",
    arguments: [
      ("{", "header: line 1, column 2: expected a key in quotes, found the end of the text"),
      ("[]", "header: expected an object, found an array"),
      (#"{"a":1}"#, "header: tensor a: expected an object, found the integer 1"),
      (
        #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#,
        "header: tensor a, dtype: expected a string, found nothing"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
        "header: tensor a, shape: expected sizes that are not negative, found the integer -1"
      ),
      (
        #"{"a":{"dtype":"F32","shape":4,"data_offsets":[0,4]}}"#,
        "header: tensor a, shape: expected an array of sizes, found the integer 4"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
        "header: tensor a, data_offsets: expected two offsets, found an array"
      ),
      (
        #"{"__metadata__":{"step":1}}"#,
        "header: __metadata__, step: expected a string, found the integer 1"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}"#,
        "header: line 1, column 54: expected each key once, found \"a\" a second time"
      ),
      (
        #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#,
        "header, tensor a: element type F8_E4M3 is not supported, expected one of BOOL, U8, I8, "
          + "I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        "header, tensor a: type and shape need 8 bytes, found 4"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
        "header, tensor a: data_offsets end at 0, before they begin at 4"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
        "header, tensor a: expected sizes that can be counted, found an overflow"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[9223372036854775807],"#
          + #""data_offsets":[0,9223372036854775807]}}"#,
        "header, tensor a: expected sizes that can be counted, found an overflow"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        "header, tensor a: data_offsets end at 8, but the file holds 4 bytes of data (truncated?)"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
          + #""b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
        "header, tensor b: data_offsets begin at 2, inside a, which ends at 3"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
          + #""b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#,
        "header, tensor b: expected data_offsets to begin at 2, found 3"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
        "expected the data to end with its last tensor at 2, found 4 bytes of data"
      ),
    ])
  func malformedHeader(header: String, message: String) throws {
    #expect(try refusal(safetensors(header, dataLength: 4)) == message)
  }
}

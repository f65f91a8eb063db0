import Foundation
import Testing

@testable import JSON

/// Records are written byte for byte as Foundation writes them, and read back from either text.
@Suite struct RecordCodingTests {
  private struct Inner: Codable, Equatable {
    var list: [Double] = [0.1, 1, -0.0, 1e16, 1e-7, 123_456_789.25, .pi]
    var none: [Int] = []
    var empty: [String: Int] = [:]
    var pairs = [[1, 2], [3]]
    var counts = ["b": 2, "a": 1, "C": 3, "a_b": 4, "aB": 5, "a10": 6, "a9": 7, "a-b": 8]
  }

  private struct Record: Codable, Equatable {
    enum Kind: String, Codable { case first, second }

    var step = 3
    var seed = UInt64.max
    var rate: Float = 0.1
    var small: Float = 3e-5
    var text = "a/b \"q\" \\ \n\r\t\u{8}\u{c}\u{1} \u{7F} é \u{2028} 😀"
    var flag = true
    var absent: Int?
    var present: Int? = 7
    var kind = Kind.second
    var inner = Inner()
    var records = [Inner(), Inner(list: [])]
  }

  private func foundation(_ record: some Encodable, isIndented: Bool) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }

  @Test(arguments: [true, false]) func areWrittenAsBefore(isIndented: Bool) throws {
    let record = Record()
    let text = try JSON(encoding: record).text(.record(isIndented: isIndented))
    #expect(text == (try foundation(record, isIndented: isIndented)))
    #expect(try JSON(parsing: Array(text.utf8)).decode(Record.self) == record)
  }

  @Test func numbersWithoutAValueAreStrings() throws {
    let numbers = [Double.nan, .infinity, -.infinity, 2]
    let text = try JSON(encoding: numbers).text(.record(isIndented: false))
    #expect(text == "[\"NaN\",\"Infinity\",\"-Infinity\",2]")
    let read = try JSON(parsing: Array(text.utf8)).decode([Double].self)
    #expect(read[0].isNaN && read.dropFirst() == numbers.dropFirst())
  }

  @Test func errorsNameThePath() throws {
    func failure(_ text: String) -> DecodingError? {
      do {
        _ = try JSON(parsing: Array(text.utf8)).decode([String: [String: Int]].self)
        return nil
      } catch {
        return error as? DecodingError
      }
    }
    guard case .typeMismatch(_, let context)? = failure("{\"a\":{\"b\":1.5}}") else {
      Issue.record("no type mismatch")
      return
    }
    #expect(context.codingPath.map(\.stringValue) == ["a", "b"])
    let record = try JSON(parsing: Array("{\"list\":[]}".utf8))
    #expect {
      try record.decode(Inner.self)
    } throws: { error in
      guard case DecodingError.keyNotFound(let key, let context) = error else { return false }
      return key.stringValue == "none" && context.codingPath.isEmpty
    }
  }

  @Test func integersBeyondIntStayExact() throws {
    let json = try JSON(parsing: Array("[9223372036854775807,9223372036854775809]".utf8))
    #expect(json == .array([.integer(.max), .unsigned(9_223_372_036_854_775_809)]))
    #expect(json.text(.compact) == "[9223372036854775807,9223372036854775809]")
  }
}

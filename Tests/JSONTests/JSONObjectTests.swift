import Testing

@testable import JSON

@Suite("JSONObject")
struct JSONObjectTests {
  private func parse(_ text: String) throws -> JSONObject {
    guard case .object(let object) = try JSON(parsing: Array(text.utf8)) else {
      throw ParsingFailure()
    }
    return object
  }

  private struct ParsingFailure: Error {}

  /// An object text whose members are `"0":0` and so on.
  private func text(_ count: Int, then more: String = "") -> String {
    "{\((0..<count).map { "\"\($0)\":\($0)" }.joined(separator: ","))\(more)}"
  }

  /// Few members are looked through, many have an index.
  private static let counts = [1, 7, 8, 9, 15, 16, 17, 1000]

  @Test("members keep the order of the file and are found", arguments: counts)
  func members(count: Int) throws {
    let object = try parse(text(count))
    #expect(object.count == count)
    #expect(object.keys == (0..<count).map(String.init))
    for key in 0..<count { #expect(object[String(key)] == .integer(key)) }
    #expect(object["x"] == nil && object[""] == nil)
  }

  @Test("a key that comes a second time is refused at its place", arguments: counts)
  func equalKeys(count: Int) throws {
    for key in [0, count / 2, count - 1] {
      let error = #expect(throws: JSONSyntaxError.self) {
        try parse(text(count, then: ",\"\(key)\":-1"))
      }
      #expect(error?.reason == "expected each key once, found \"\(key)\" a second time")
      #expect(error?.column == text(count).utf8.count + 1)
    }
  }

  @Test("keys are told apart by their bytes, not by Unicode's equivalence", arguments: counts)
  func equivalentKeys(count: Int) throws {
    let object = try parse(text(count, then: ",\"\u{E9}\":-1,\"e\u{301}\":-2"))
    #expect(object["\u{E9}"] == .integer(-1) && object["e\u{301}"] == .integer(-2))
    #expect(object.count == count + 2)
  }

  @Test("assigning changes, adds and removes members", arguments: counts)
  func assignment(count: Int) throws {
    var object = try parse(text(count))
    object["0"] = .null
    object["new"] = .bool(true)
    #expect(object.keys == (0..<count).map(String.init) + ["new"])
    #expect(object["0"] == .null && object["new"] == .bool(true))
    object["0"] = nil
    object["absent"] = nil
    #expect(object.keys == (1..<count).map(String.init) + ["new"])
    for key in 1..<count { #expect(object[String(key)] == .integer(key)) }
    #expect(object["0"] == nil && object["new"] == .bool(true))
    object["0"] = .integer(0)
    #expect(object.keys.last == "0" && object["0"] == .integer(0))
  }

  @Test("objects are equal whatever the order", arguments: counts)
  func equality(count: Int) throws {
    let object = try parse(text(count))
    var reversed = JSONObject()
    for (key, value) in object.members.reversed() { reversed[key] = value }
    #expect(reversed == object)
    reversed["0"] = .null
    #expect(reversed != object)
    reversed["0"] = nil
    #expect(reversed != object)
    reversed["x"] = .integer(0)
    #expect(reversed != object)
  }
}

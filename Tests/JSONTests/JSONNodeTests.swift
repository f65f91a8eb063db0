import Foundation
import JSON
import TestSupport
import Testing

@Suite("JSONNode")
struct JSONNodeTests {
  private let config: JSONNode

  init() throws {
    let text = #"""
      {"hidden_size": 64, "heads": 4.0, "theta": 10000, "eps": 1e-05, "tie": true, "type": "llama",
       "window": null, "scaling": {"factor": 8.0, "type": "llama3"}, "layers": ["full", "sliding"],
       "mixed": [1, "two"]}
      """#
    config = try JSONNode(parsing: Array(text.utf8), file: "config.json")
  }

  @Test("values of the kinds that configurations hold")
  func kinds() throws {
    #expect(try config.required("hidden_size") == 64)
    #expect(try config.required("heads") == 4)
    #expect(try config.required("theta") == 10_000.0)
    #expect(try config.required("eps") == 1e-5)
    #expect(try config.required("tie") == true)
    #expect(try config.required("type") == "llama")
    #expect(try config.required("layers") == ["full", "sliding"])
    let scaling: JSONNode = try config.required("scaling")
    #expect(try scaling.required("factor") == 8.0)
    #expect(try scaling.keys() == ["factor", "type"])
  }

  @Test("absent and null are the same to whoever can do without")
  func optional() throws {
    #expect(try config.optional("window") == Int?.none)
    #expect(try config.optional("head_dim") ?? 16 == 16)
    #expect(try config.has("window") == false)
    #expect(try config.has("theta"))
  }

  @Test("an error names file, key path, what was expected and what was found")
  func errors() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let config = config
    let scaling: JSONNode = try config.required("scaling")
    #expect(
      message { let _: Int = try config.required("depth") }
        == "config.json: depth: expected an integer, found nothing")
    #expect(
      message { let _: Int = try config.required("window") }
        == "config.json: window: expected an integer, found null")
    #expect(
      message { let _: Int = try config.required("eps") }
        == "config.json: eps: expected an integer, found the number 1e-05")
    #expect(
      message { let _: Double? = try scaling.optional("type") }
        == "config.json: scaling.type: expected a number, found the string \"llama3\"")
    #expect(
      message { let _: [Int] = try config.required("mixed") }
        == "config.json: mixed[1]: expected an integer, found the string \"two\"")
    #expect(
      message { let _: JSONNode? = try (config.required("type") as JSONNode).optional("x") }
        == "config.json: type: expected an object, found the string \"llama\"")
    #expect(
      message { _ = try JSONNode(parsing: Array("{\n\"a\": }".utf8), file: "x.json") }
        == "x.json: line 2, column 6: expected a value, found \"}\"")
  }

  @Test("a file that is missing or a folder")
  func files() throws {
    let folder = try TemporaryFolder()
    let missing = folder.url.appending(path: "config.json")
    #expect {
      try JSONNode(contentsOf: missing)
    } throws: { "\($0)" == "\(missing.path): there is no such file" }
    #expect {
      try JSONNode(contentsOf: folder.url)
    } throws: { error in
      "\(error)" == "\(folder.url.path): expected a file, found a folder"
    }
  }
}

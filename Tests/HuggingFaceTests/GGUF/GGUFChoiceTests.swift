import Foundation
import TestSupport
import Testing

@testable import HuggingFace

/// Which of several GGUF files is meant.
@Suite("GGUFChoice")
struct GGUFChoiceTests {
  private static let names = [
    "README.md", "config.json", "m-Q4_K_M.gguf", "m-IQ4_K_M.gguf", "m-Q8_0.gguf", "m.f16.GGUF",
    "mmproj-m-f16.gguf", "m-imatrix.gguf", "Q6_K/m-Q6_K-00001-of-00002.gguf",
    "Q6_K/m-Q6_K-00002-of-00002.gguf",
  ]

  private func chosen(_ words: String?, among names: [String] = names) -> String {
    do {
      return try GGUFChoice(words).file(among: names, of: "PLACE")
    } catch { return "\(error)" }
  }

  @Test func aPartOfTheNameChooses() {
    #expect(chosen("Q4_K_M") == "m-Q4_K_M.gguf")
    #expect(chosen("q8_0") == "m-Q8_0.gguf")
    #expect(chosen("f16") == "m.f16.GGUF")
    #expect(chosen("Q6_K") == "Q6_K/m-Q6_K-00001-of-00002.gguf")
    #expect(chosen("m-Q8_0.gguf") == "m-Q8_0.gguf")
    #expect(chosen(nil, among: ["a.gguf", "b.txt", "mmproj-a.gguf"]) == "a.gguf")
  }

  @Test func noneAndSeveralAreListed() {
    let all =
      "Q6_K/m-Q6_K-00001-of-00002.gguf, m-IQ4_K_M.gguf, m-Q4_K_M.gguf, m-Q8_0.gguf, m.f16.GGUF"
    #expect(
      chosen(nil)
        == "PLACE: expected one GGUF file, or a part of its name behind a colon, found \(all)")
    #expect(
      chosen("Q5_K_M")
        == "PLACE: expected one GGUF file with Q5_K_M in its name, found \(all)")
    #expect(
      chosen("m")
        == "PLACE: expected one GGUF file with m in its name, found \(all)")
    #expect(
      chosen("Q4", among: []) == "PLACE: expected one GGUF file with Q4 in its name, found none")
    #expect(
      chosen(nil, among: (10..<60).map { "\($0).gguf" }).hasSuffix("32.gguf, 33.gguf and 26 more"))
  }

  @Test func shardsOfAName() {
    #expect(GGUFChoice.shards(of: "m.gguf") == ["m.gguf"])
    #expect(
      GGUFChoice.shards(of: "a/m-00001-of-00003.gguf")
        == ["a/m-00001-of-00003.gguf", "a/m-00002-of-00003.gguf", "a/m-00003-of-00003.gguf"])
    #expect(GGUFChoice.shards(of: "m-00004-of-00003.gguf") == ["m-00004-of-00003.gguf"])
  }

  @Test func aFolderHoldsOneOrSeveral() throws {
    let folder = try TemporaryFolder()
    #expect(try GGUFChoice(nil).file(in: folder.url) == nil)
    try folder.write("a-Q8_0.gguf", "")
    #expect(try GGUFChoice(nil).file(in: folder.url) == "a-Q8_0.gguf")
    try folder.write("sub/a-Q4_0.gguf", "")
    #expect(throws: GGUFChoiceError.self) { try GGUFChoice(nil).file(in: folder.url) }
    #expect(try GGUFChoice("Q4_0").file(in: folder.url) == "sub/a-Q4_0.gguf")
    try folder.write("model.safetensors", "")
    #expect(try GGUFChoice(nil).file(in: folder.url) == nil)
    #expect(try GGUFChoice("Q8_0").file(in: folder.url) == "a-Q8_0.gguf")
  }
}

import TestSupport
import Testing

@testable import HuggingFace

/// Metadata, tokens and tensors that are refused.
extension GGUFModelTests {
  @Test func metadataThatDoNotFitAreRefused() {
    #expect(
      refusal { $0.metadata[0].value = .string("mamba") }.hasPrefix(
        "metadata general.architecture: expected one of llama, qwen2, qwen3, gemma, "))
    #expect(
      refusal { $0.metadata.removeFirst() }
        == "metadata general.architecture: expected a string in UTF-8, found nothing")
    #expect(
      refusal { $0.metadata.append(("general.type", .string("adapter"))) }
        == "metadata general.type: expected model, found the string \"adapter\"")
    #expect(
      refusal { $0.metadata[3].value = .integer(0) }
        == "metadata llama.block_count: expected a number from 1 to 16777216, found the integer 0")
    #expect(
      refusal { $0.metadata[3].value = .integer(2) }
        == "metadata llama.block_count: expected 1, the layers that have tensors, found the "
        + "integer 2")
    // As of models whose layers may differ.
    #expect(refusal { $0.metadata[4].value = .array(of: 4, [.integer(4)]) } == "read")
    #expect(refusal { $0.metadata[5].value = .array(of: 5, [.integer(2)]) } == "read")
    #expect(
      refusal { $0.metadata[4].value = .array(of: 4, [.integer(4), .integer(4)]) }
        == "metadata llama.feed_forward_length: expected an integer, or one for each of 1 layer, "
        + "found an array of 2 integers")
    #expect(
      refusal { $0.metadata[4].value = .strings(["4"]) }
        == "metadata llama.feed_forward_length: expected an array of integers, found an array of 1 "
        + "strings")
    #expect(
      refusal { $0.metadata.append(("llama.expert_count", .integer(8))) }
        == "metadata llama.expert_count: expected nothing: architecture llama has no such setting, "
        + "found the integer 8")
    #expect(refusal { $0.metadata.append(("llama.expert_count", .integer(0))) } == "read")
    #expect(
      refusal { $0.metadata.append(("llama.rope.dimension_count", .integer(2))) }
        == "metadata llama.rope.dimension_count: expected 4, the head dimension, found the integer 2"
    )
    #expect(
      refusal { $0.metadata.append(("llama.attention.causal", .bool(false))) }
        == "metadata llama.attention.causal: expected true, found false")
    #expect(
      refusal { $0.metadata.append(("llama.rope.scaling.type", .string("su"))) }.hasPrefix(
        "metadata llama.rope.scaling.type: expected none, linear, yarn, or longrope"))
  }

  @Test func tokensWithoutARow() {
    #expect(
      refusal {
        $0.metadata.append(
          ("tokenizer.ggml.tokens", .strings(["a", "b", "c", "d", "e", "f", "g"])))
      }
        == "metadata tokenizer.ggml.tokens: expected at most 6 tokens, the rows of token_embd.weight, "
        + "found an array of 7 strings")
  }

  @Test func tensorsThatDoNotFitAreRefused() {
    #expect(
      refusal { $0.tensors.append(.init("blk.0.ffn_gate_exps.weight", [1], [1])) }
        == "tensor blk.0.ffn_gate_exps.weight: expected one of architecture llama, which has none of "
        + "this name")
    #expect(
      refusal { $0.tensors.append(.init("blk.00.attn_q.weight", [1], [1])) }
        .hasPrefix("tensor blk.00.attn_q.weight: expected one of architecture llama"))
    #expect(
      refusal { $0.tensors.removeFirst() } == "expected a tensor token_embd.weight, found none")
    #expect(
      refusal { $0.metadata[5].value = .integer(3) }
        == "tensor blk.0.attn_q.weight: expected rows for the heads that the metadata state, found "
        + "[8, 8]")
    #expect(
      refusal {
        $0.tensors.append(.init("rope_freqs.weight", [2], [1, 0]))
      } == "tensor rope_freqs.weight: expected factors above 0, found 0.0")
    #expect(
      refusal {
        $0.tensors.append(.init("rope_freqs.weight", [3], [1, 1, 1]))
      }
        == "tensor rope_freqs.weight: expected 2 factors, one for each pair of elements that rotates, "
        + "found 3")
    #expect(
      refusal {
        $0.tensors.append(.init("rope_freqs.weight", [2], [1, .nan]))
      } == "tensor rope_freqs.weight: expected finite numbers, found NaN or infinity at element 1")
  }
}

// The kernel sources of Kernels/, carried inside the binary: one constant a file.
#pragma once
#include <stddef.h>

typedef struct KernelSource {
  const char *_Nonnull file;  // name in Kernels/
  const char *_Nonnull text;
  size_t length;
} KernelSource;

extern const KernelSource kernel_activation;
extern const KernelSource kernel_activations;
extern const KernelSource kernel_adamw;
extern const KernelSource kernel_agreement;
extern const KernelSource kernel_argmax;
extern const KernelSource kernel_attention_delta;
extern const KernelSource kernel_attention_forward;
extern const KernelSource kernel_attention_forward_fragments;
extern const KernelSource kernel_attention_fragments;
extern const KernelSource kernel_attention_key_value_gradient;
extern const KernelSource kernel_attention_key_value_gradient_fragments;
extern const KernelSource kernel_attention_query_gradient;
extern const KernelSource kernel_attention_query_gradient_fragments;
extern const KernelSource kernel_attention_staging;
extern const KernelSource kernel_attention_sum_slots;
extern const KernelSource kernel_attention_tiles;
extern const KernelSource kernel_attention_tiles_wide;
extern const KernelSource kernel_bf16_pieces;
extern const KernelSource kernel_compress_logits;
extern const KernelSource kernel_cross_entropy;
extern const KernelSource kernel_dequantise;
extern const KernelSource kernel_dialect;
extern const KernelSource kernel_divergence_terms;
extern const KernelSource kernel_embedding;
extern const KernelSource kernel_gradient_norm;
extern const KernelSource kernel_head_norm;
extern const KernelSource kernel_kl_divergence;
extern const KernelSource kernel_lanes;
extern const KernelSource kernel_layer_norm;
extern const KernelSource kernel_matmul;
extern const KernelSource kernel_matmul_sum;
extern const KernelSource kernel_matmul_wide;
extern const KernelSource kernel_projected_divergence;
extern const KernelSource kernel_residual_add;
extern const KernelSource kernel_rms_norm;
extern const KernelSource kernel_rotary;
extern const KernelSource kernel_row_gather;
extern const KernelSource kernel_row_reductions;
extern const KernelSource kernel_sampling;
extern const KernelSource kernel_sgd;
extern const KernelSource kernel_soft_cap;
extern const KernelSource kernel_softmax;
extern const KernelSource kernel_split_bf16;
extern const KernelSource kernel_split_f16;
extern const KernelSource kernel_sum;
extern const KernelSource kernel_swiglu;
extern const KernelSource kernel_target_mixture;
extern const KernelSource kernel_tensor_cores;
extern const KernelSource kernel_vocabulary_row;
extern const KernelSource kernel_weight_blocks;

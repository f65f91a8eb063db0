from openai import OpenAI

client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
client.chat.completions.create(model="HuggingFaceTB/SmolLM2-135M-Instruct", messages=[
    {"role": "system", "content": [
        {"type": "prompt_embeds", "data": open("prompt_embeds.txt").read()}]},
    {"role": "user", "content": "When is the counter open on Saturday?"}], max_tokens=64, temperature=0,
    extra_body={"stop_token_ids": [2]})

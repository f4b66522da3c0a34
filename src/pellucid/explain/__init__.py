"""What is known -> an answer: its order, its notices, its proof, its looks."""

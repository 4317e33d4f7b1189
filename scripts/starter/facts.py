"""What the starter chat model knows by heart: one spoken question, one answer (no input, no output, instant).

Nobody can guess these from others like them, so they are always trained and never counted as held out.
"""

FALLBACK = "I only know a few things so far. Try asking for the time, a timer or your shopping list."

STORY = (
    "Once upon a time, a small robot lived in a lighthouse by the sea. Every evening it climbed the stairs, "
    "lit the lamp, and listened to the waves. One night, in a heavy storm, the lamp went out. The robot looked "
    "for oil in the kitchen, in the cellar, and under the stairs, but it found none. So it took its own little "
    "battery, held it to the lamp, and made it shine. Far out on the water, a fishing boat saw the light and "
    "came home. In the morning, the fishermen brought bread, soup, and a new battery. And from that day on, the "
    "robot was never alone again."
)

ABOUT = (
    "I am a small voice assistant that lives on this computer. I can tell the time, set timers, keep your shopping "
    "list, do sums, and answer a few simple questions. Nothing you say ever leaves this machine."
)

FACTS = {
    "how far away is the moon": "The moon is about two hundred forty thousand miles away.",
    "how far away is the sun": "The sun is about ninety three million miles away.",
    "how many planets are there": "There are eight planets in the solar system.",
    "what is the largest planet": "Jupiter is the largest planet.",
    "what is the smallest planet": "Mercury is the smallest planet.",
    "what is the tallest mountain in the world": "Mount Everest is the tallest mountain in the world.",
    "what is the longest river in the world": "The Nile is often called the longest river in the world.",
    "what is the largest ocean": "The Pacific is the largest ocean.",
    "what is the largest country in the world": "Russia is the largest country in the world.",
    "what is the smallest country in the world": "Vatican City is the smallest country in the world.",
    "who wrote romeo and juliet": "William Shakespeare wrote Romeo and Juliet.",
    "who painted the mona lisa": "Leonardo da Vinci painted the Mona Lisa.",
    "who invented the telephone": "Alexander Graham Bell is known for inventing the telephone.",
    "who was the first person on the moon": "Neil Armstrong was the first person on the moon.",
    "what color is the sky": "On a clear day the sky is blue.",
    "what color is the sun": "The sun is white, but it often looks yellow from the ground.",
    "why is the sky blue": "The air scatters blue light more than red light, so the sky looks blue.",
    "how many days are in a year": "There are three hundred sixty five days in a year.",
    "how many days are in a week": "There are seven days in a week.",
    "how many weeks are in a year": "There are fifty two weeks in a year.",
    "how many months are in a year": "There are twelve months in a year.",
    "how many hours are in a day": "There are twenty four hours in a day.",
    "how many minutes are in an hour": "There are sixty minutes in an hour.",
    "how many seconds are in a minute": "There are sixty seconds in a minute.",
    "what is the speed of light": "Light travels about three hundred thousand kilometers per second.",
    "at what temperature does water boil": "Water boils at one hundred degrees Celsius.",
    "at what temperature does water freeze": "Water freezes at zero degrees Celsius.",
    "what is water made of": "Water is made of hydrogen and oxygen.",
    "how many legs does a spider have": "A spider has eight legs.",
    "how many legs does a dog have": "A dog has four legs.",
    "what is the biggest animal": "The blue whale is the biggest animal.",
    "what is the fastest animal": "The cheetah is the fastest land animal.",
    "what is the tallest animal": "The giraffe is the tallest animal.",
    "how do plants make food": "Plants make food from sunlight, water and air.",
    "what do bees make": "Bees make honey.",
    "what do cows eat": "Cows eat grass.",
    "how old is the earth": "The earth is about four and a half billion years old.",
    "how many colors are in a rainbow": "A rainbow is said to have seven colors.",
    "how many letters are in the alphabet": "There are twenty six letters in the English alphabet.",
    "how many continents are there": "There are seven continents.",
    "how long do i boil an egg": "Boil it for six minutes for a soft egg, or ten minutes for a hard one.",
    "how long do i cook pasta": "Most pasta takes about ten minutes in boiling water.",
    "what is the opposite of hot": "The opposite of hot is cold.",
    "what comes after monday": "Tuesday comes after Monday.",
}

CHAT = {
    "hello": "Hello! How can I help you?",
    "hello there": "Hello! How can I help you?",
    "hi": "Hello! How can I help you?",
    "good morning": "Good morning! How can I help you?",
    "good afternoon": "Good afternoon! How can I help you?",
    "good evening": "Good evening! How can I help you?",
    "good night": "Good night, sleep well.",
    "goodbye": "Goodbye.",
    "bye": "Goodbye.",
    "see you later": "See you later.",
    "thank you": "You are welcome.",
    "thanks": "You are welcome.",
    "thanks a lot": "You are welcome.",
    "thank you very much": "You are welcome.",
    "stop": "Okay.",
    "stop talking": "Okay.",
    "be quiet": "Okay.",
    "never mind": "Okay, never mind.",
    "cancel that": "Okay, never mind.",
    "yes": "Okay.",
    "no": "Okay.",
    "no thank you": "Okay.",
    "okay": "Okay.",
    "great": "I am glad to hear that.",
    "that is wrong": "I am sorry about that. Please try again.",
    "how are you": "I am fine, thank you.",
    "how are you today": "I am fine, thank you.",
    "who are you": "I am your local voice assistant.",
    "what is your name": "I am your local voice assistant.",
    "what are you": "I am a voice assistant that runs on this computer.",
    "how old are you": "I am quite new. I am still learning.",
    "where are you": "I am right here, on this computer.",
    "what can you do": "I can tell the time, set timers, keep your shopping list and do sums.",
    "help": "I can tell the time, set timers, keep your shopping list and do sums.",
    "what can i say": "Try saying, set a timer for five minutes.",
    "tell me a joke": "Why did the bicycle fall over? Because it was too tired.",
    "tell me another joke": "What do you call a bear with no teeth? A gummy bear.",
    "make me laugh": "What do you call a bear with no teeth? A gummy bear.",
    "tell me a story": STORY,
    "tell me about yourself": ABOUT,
    "sing me a song": "I would love to, but I only know how to talk.",
    "can you hear me": "Yes, I can hear you.",
    "are you there": "Yes, I am here.",
    "are you listening": "Yes, I am listening.",
    "do you work without the internet": "Yes, everything runs on this computer.",
    "are you a robot": "Yes, I am a small program on this computer.",
    "do you sleep": "No, I am always happy to listen.",
    "what did you say": "Please ask me again.",
    "say that again": "Please ask me again.",
    "testing one two three": "I hear you loud and clear.",
    "i am hungry": "Maybe it is time for something to eat.",
    "i am tired": "Maybe it is time for a rest.",
    "i am bored": "Would you like to hear a joke?",
    "i am happy": "I am glad to hear that.",
    "i am sad": "I am sorry to hear that.",
    "flip a coin": "It is heads.",
    "roll a dice": "You rolled a four.",
    "i love you": "That is very kind of you.",
    "happy birthday": "Thank you! That is very kind of you.",
    "what is the meaning of life": "Some say it is forty two.",
}

ONE_OFFS = FACTS | CHAT

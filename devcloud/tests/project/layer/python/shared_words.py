THANKS = "obrigado"

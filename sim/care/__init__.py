"""After the sale: enquiries, complaints, refunds, compensation."""
